//! A mail goes out, once: it is written down before the provider is asked, and again with its answer.

use models::ids::{self, Id};
use models::mail::{Email, NewEmail};
use models::{Result, Timestamp};
use providers::email::EmailMessage;
use store::{Retry, Stored, Writes};

use crate::Context;

/// Adds a mail to `writes`, unless it is there. Its id follows from its identity: whoever sets it down again gets the same.
/// 1 read and 1 item.
pub async fn create_email(
    context: &Context,
    writes: &mut Writes<'_>,
    new: NewEmail,
    now: Timestamp,
) -> Result<Id<ids::Email>> {
    let mut id: Id<ids::Email> = Id::derived(now, &new.identity)?;
    let mut retry = Retry::of("the e-mail");
    loop {
        match context.find_now(id).await? {
            None => {
                writes.create_at_once(&Email::new(id, new, now))?;
                return Ok(id);
            }
            Some(stored) if stored.identity == new.identity => return Ok(id),
            Some(_) => id = retry.next_id(id)?,
        }
    }
}

/// Sends a mail that is due.
///
/// Who dies between the provider's answer and the record of it leaves the mail due: it is handed over again. 2 reads and 4
/// write units.
pub async fn send_email(context: &Context, id: Id<ids::Email>, at: Timestamp) -> Result<()> {
    let Some(stored) = context.find_now(id).await? else {
        return Ok(());
    };
    if !stored.dispatch.is_due(at) {
        return Ok(());
    }
    let mut email = (*stored).clone();
    let Some(mailer) = context.mailer() else {
        let detail = "No provider of e-mail is configured for live mode.";
        email.dispatch.fail("email_not_configured", detail);
        email.forget_link(true);
        return write(context, &stored, &email).await.map(drop);
    };
    let body = email.body();
    email.dispatch.begin(at);
    if !write(context, &stored, &email).await? {
        // Somebody else has begun.
        return Ok(());
    }
    let key = id.to_string();
    let letter = EmailMessage {
        idempotency_key: &key,
        to: &email.to,
        subject: &email.subject,
        text: &body,
    };
    let answer = mailer.send(letter).await.inspect_err(|error| {
        tracing::warn!(email = %id, %error, "the provider of e-mail did not answer");
    });
    email.dispatch.answered(answer.ok(), at);
    email.forget_link(context.mode().is_live());
    conclude(context, &email).await
}

async fn write(context: &Context, stored: &Stored<Email>, email: &Email) -> Result<bool> {
    let mut writes = context.writes().await?;
    writes.update(stored, email, None)?;
    context.write(&writes).await
}

async fn conclude(context: &Context, email: &Email) -> Result<()> {
    let Some(stored) = context.find_now(email.id).await? else {
        return Ok(());
    };
    // Who took it over meanwhile has written down what became of it.
    if stored.dispatch.waits_for(&email.dispatch) {
        write(context, &stored, email).await?;
    }
    Ok(())
}
