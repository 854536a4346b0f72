//! The welcome of a new member: a mail with a link that sets its password, once.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use models::mail::{EmailKind, LINK, NewEmail};
use models::members::{Member, PasswordLink};
use models::text::of_others;
use models::{Result, Timestamp};
use operations::Context;
use store::{Writes, keys};

/// Characters of a name in the mail.
const MOST_CHARS: usize = 100;

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
    let name = of_others(&member.first_name, MOST_CHARS);
    let business = of_others(business, MOST_CHARS);
    // A name that was chosen for somebody is told as it is, or not at all.
    let sign_in = match &member.username {
        None => format!("Your user name is {}.", member.email),
        Some(username) if *username == of_others(username, MOST_CHARS) => {
            format!("Your user name is {username}.")
        }
        Some(_) => "You sign in with the user name that was chosen for you.".to_owned(),
    };
    let new = NewEmail {
        identity: format!("{}#welcome", member.id),
        kind: EmailKind::Welcome,
        to: member.email.clone(),
        subject: format!("Welcome to {business}"),
        text: format!(
            "Hello {name},\n\nyour account at {business} has been created. {sign_in}\n\nChoose your password here, \
             within {} days:\n{LINK}\n\nIf you did not expect this message, you need not do anything.\n",
            PasswordLink::LIFE_DAYS,
        ),
        link: Some(format!("{pages}/m/{code}")),
        member_id: Some(member.id),
    };
    operations::create_email(context, writes, new, now).await?;
    Ok(())
}
