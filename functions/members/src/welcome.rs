//! The welcome of a new member: a mail with a link that sets its password, once.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use models::mail::{EmailKind, LINK, NewEmail};
use models::members::{Member, PasswordLink};
use models::{Result, Timestamp};
use operations::Context;
use store::{Writes, keys};

/// Adds the mail and the way to a password to `writes`: 1 read and 2 items. Only the hash of the link's secret is kept where it
/// is looked for.
pub(crate) async fn welcome(
    context: &Context,
    writes: &mut Writes<'_>,
    member: &Member,
    (business, pages): (&str, &str),
    now: Timestamp,
) -> Result<()> {
    let secret: [u8; 16] = context.ids().random()?;
    let code = URL_SAFE_NO_PAD.encode(secret);
    let link = PasswordLink {
        hash: keys::sha256(&code),
        scope: context.scope(),
        member_id: member.id,
        // The wall's time: a link is good for days of its reader, whatever a test clock says.
        expires_at: context
            .wall()
            .whole_second()
            .plus_days(PasswordLink::LIFE_DAYS),
        used_at: None,
    };
    writes.create(&link, None)?;
    let name = plain(&member.first_name);
    let business = plain(business);
    let new = NewEmail {
        identity: format!("{}#welcome", member.id),
        kind: EmailKind::Welcome,
        to: member.email.clone(),
        subject: format!("Welcome to {business}"),
        text: format!(
            "Hello {name},\n\nyour account at {business} has been created. Your user name is {}.\n\nChoose your password here, \
             within {} days:\n{LINK}\n\nIf you did not expect this message, you need not do anything.\n",
            plain(member.username.as_deref().unwrap_or(&member.email)),
            PasswordLink::LIFE_DAYS,
        ),
        link: Some(format!("{pages}/m/{code}")),
        member_id: Some(member.id),
    };
    operations::create_email(context, writes, new, now).await?;
    Ok(())
}

/// A text of others in a mail of ours: one line, and no place for a link.
fn plain(text: &str) -> String {
    text.replace(['\n', '\r', '\t'], " ").replace(LINK, "")
}
