//! The real adapter of text messages against an emulator of SNS that is not ours.

use providers::sms::{Settings, Sms, Sns, Text};

use crate::stories::ministack::Ministack;

#[tokio::test]
async fn the_real_adapter_sends_what_sns_takes() {
    let Some(ministack) = Ministack::find().await else {
        return;
    };
    let connection = ministack.connection();
    let sns = Sms::Sns(Sns::new(Settings {
        region: connection.region.clone(),
        endpoint_url: connection.endpoint_url.clone(),
        credentials: connection.credentials.clone(),
        http_client: connection.http_client.clone(),
        sender_id: Some("Savvy".to_owned()),
    }));
    let text = |number| Text {
        idempotency_key: "msg_rs_1",
        number,
        body: "Acme: 20.00 USD for Basic is due on 2026-02-25.",
    };
    let reference = sns.send(text("+14165551234")).await.unwrap().unwrap();
    assert!(!reference.is_empty());
    let sent = ministack.sent("sns/sms-messages").await.unwrap();
    let messages = sent["sms_messages"]["+14165551234"].as_array().unwrap();
    assert_eq!(messages.len(), 1, "{sent}");
    assert!(sent.to_string().contains("20.00 USD for Basic"));
    // One that is not there says nothing about the message.
    drop(ministack);
    assert!(sns.send(text("+14165551234")).await.is_err());
}
