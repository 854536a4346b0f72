//! `POST /v3/messages/inbound`

use api::input::Input;
use api::{CommunicationsWrite, Created, Cx, Json, Problem, operation};
use models::Error;
use models::messaging::normalize_phone;
use store::Retry;
use views::rocketsavvy::ReceivedMessage;

/// A message that came in.
#[derive(Debug, Input)]
pub(crate) struct InboundMessage {
    /// Whose it is: with its country's code, or a national number of the business's country.
    #[input(chars = 3..=32, numbers = "telephone number", example = "+14165551234")]
    from: String,
    #[input(chars = 0..=1600, example = "STOP")]
    body: String,
}

/// Receive a text message
///
/// Records a customer's text message. Point the webhook of your SMS gateway here; in test mode, call it to see what
/// would follow. `STOP` (also `STOPALL`, `UNSUBSCRIBE`, `CANCEL`, `END`, `QUIT`) ends messages to the number, `START`
/// (`YES`, `UNSTOP`) allows them again, and `HELP` (`INFO`) says who you are. These three are answered with a message;
/// any other text is only kept.
#[operation(post, "/v3/messages/inbound", tag = "communications")]
pub(crate) async fn receive_message(
    cx: Cx<CommunicationsWrite>,
    Json(message): Json<InboundMessage>,
) -> Result<Created<ReceivedMessage>, Problem> {
    let account = cx.account().await?;
    let country = account.map(|account| account.country).unwrap_or_default();
    let number = normalize_phone(&message.from, &country).map_err(|_error| {
        let detail = "must be a telephone number, best with its + and country code";
        Error::invalid("/from", "invalid_number", detail)
    })?;
    let now = cx.now().await?;
    let mut retry = Retry::of("the message");
    loop {
        let ids = (cx.mint().await?, cx.mint().await?);
        let mut writes = cx.writes().await?;
        let received =
            operations::receive_message(&cx, &mut writes, ids, (&number, &message.body), now)
                .await?;
        let (message, reply) = (&received.message, received.reply.as_ref());
        let view = ReceivedMessage::of(message, received.keyword, reply, cx.mode())?;
        let location = format!("/v3/messages/{}", message.id);
        if let Some(reply) = cx.try_created_at(&writes, &view, location).await? {
            return Ok(reply);
        }
        retry.again().await?;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testkit::World;

    #[tokio::test]
    async fn keywords_are_answered_and_other_words_are_kept() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let say = async |body: &str| {
            let message = json!({ "from": "(416) 555-1234", "body": body });
            let answer = api.post("/v3/messages/inbound", message).await;
            answer.expect(201).clone()
        };
        let stop = say(" stop ").await;
        assert_eq!(stop["keyword"], "stop");
        assert_eq!(stop["message"]["number"], "+14165551234");
        assert_eq!(stop["message"]["status"], "received");
        assert_eq!(stop["reply"]["status"], "queued");
        assert_eq!(
            stop["reply"]["body"],
            "Business 1: You will get no more messages from us. Reply START to get them again."
        );
        assert_eq!(say("Start").await["keyword"], "start");
        assert_eq!(say("help").await["keyword"], "help");
        let other = say("Is 5 pm fine?").await;
        assert_eq!(
            (&other["keyword"], &other["reply"]),
            (&json!(null), &json!(null))
        );
        let list = api.get("/v3/messages").await;
        assert_eq!(list.expect(200)["data"].as_array().unwrap().len(), 7);
        let received = api
            .get("/v3/messages?status=received&number=%2B14165551234")
            .await;
        assert_eq!(received.expect(200)["data"].as_array().unwrap().len(), 4);
        let id = stop["message"]["id"].as_str().unwrap();
        let path = format!("/v3/messages/{id}");
        assert_eq!(*api.get(&path).await.expect(200), stop["message"]);
        let theirs = api.with_key(&world.theirs.test_key);
        theirs.get(&path).await.expect(404);
        let refused = api
            .post("/v3/messages/inbound", json!({ "from": "call me" }))
            .await;
        refused.expect(400);
        assert_eq!(refused.pointers(), ["/body"]);
        let refused = api
            .post(
                "/v3/messages/inbound",
                json!({ "from": "call me", "body": "" }),
            )
            .await;
        assert_eq!(refused.pointers(), ["/from"]);
    }
}
