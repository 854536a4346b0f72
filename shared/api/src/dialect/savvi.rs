//! Savvi v1: JSON, XML, nested forms and query strings, by `GET` and by `POST`; errors as a Rails application writes them.
//!
//! # Determinations
//! - **One input.** Query and body are one: where both name a field, the body wins. A field that is there twice is what was
//!   said last, also in XML (the document's own example has two `<username>`). Empty is absent, in every format: an update
//!   cannot empty a field. White space around a value does not count, but in a password.
//! - **What a body is** follows from `Content-Type` (JSON, XML, a form or `multipart/form-data`); without one of these, from its first
//!   character. JSON or XML that is called a form is refused with a word on it, for curl calls everything so.
//! - **Encodings** are those of `charset`, of the XML declaration or of a byte order mark: ISO-8859-1, windows-1252, UTF-16 and all
//!   others that browsers know.
//! - **Paths** may end with `/`, `.json` or `.xml`; a suffix decides the format of the answer.
//! - **XML.** The root `<user>` is the block `user`; the children of any other root are the parameters themselves. Of the
//!   declaration only the encoding counts (the printed shell line strips its quotes), a DTD is refused, and of entities there are
//!   five. Names may have dashes and prefixes, as Rails and SOAP clients write them.
//! - **Limits.** 256 KiB, brackets five deep, elements 32 deep. What cannot be read is 422 on `base`.
//! - **Answers** are in the format of the request's body; `Accept` wins where it names JSON or XML and does not name HTML, as
//!   browsers do. The elements of XML are those of Rails' `to_xml`: `<hash>`, or the one block that there is; `type="array"`,
//!   `nil="true"`.
//! - **`message`** is `User <email> created by <account>`, also after an update, as the document prints it; the account is the
//!   partner, by the name that it had when it enrolled the member.
//! - **Errors** are 422 `{"error","errors":{field:[…]}}` with the messages of `ActiveRecord`; fields of the address are
//!   `address.city`. A unique value that is taken, a stale record and a used `Idempotency-Key` are 422, too.
//! - **`address_1`** is `address1`, which is what is printed; likewise 2 and 3. `address_type` and `county`, which the table does
//!   not have and the examples send, are kept. `country` may be any English name of the US.
//! - **`status`** may be given on creation, as the examples do; the table has it for updates only. It changes no subscription.
//! - **Updates** name the member by the top-level `email`. Wholesale members are changed by `update_wholesale_member` only,
//!   those of call centers by `update_call_center_member`. A member of somebody else is 404, like one that is not there.
//! - **The expanded examples of updates** are printed with the URLs of creations, and then lack required fields: 422.
//! - **A password** has 6 to 128 characters on creation and 7 to 128 on an update. Where there is none, one is made that nobody
//!   knows. No password is mailed: the welcome has a link that sets one, once, within seven days. Members of call centers choose
//!   theirs so, whatever `password` says.
//! - **Tokens in an address** get `Deprecation` and `Warning` headers: logs of others may have them.
//! - **`Idempotency-Key`** is honoured on every request here, for a `GET` may create.

mod charset;
mod codec;
mod form;
mod multipart;
mod plain_path;
mod problem;
mod tree;
mod warning;
mod write;
mod xml;

pub use codec::Params;
pub use problem::ErrorBody;
pub use tree::Tree;

pub(crate) use codec::decode;
pub(crate) use plain_path::with_plain_path;
pub(crate) use problem::{render, render_too_large};
pub(crate) use warning::{tells_a_secret, warn};
pub(crate) use write::{Format, convert};
