//! Reveknew enterprise v1: JSON in camel case, bare objects, money as numbers in major units.
//!
//! # Determinations
//! - **One business.** A tier is a v3 plan, a subscription a v3 subscription, a receipt a payment: ids are the same in both. A
//!   plan that was made in v3 is a tier where a tier can say what it is (one flat price, a period of the list); its policy is
//!   `TIER`, without days of notice or grace.
//! - **`{businessId}`** is the id that v3 prints (`acct_rs_…`). What is no such id is 404, any other business than the token's is
//!   403, whether it exists or not, and a record that is not there is 404.
//! - **Collection.** A subscription made here is paid by schedule (`collection_method: payment_schedule` in v3) and never billed
//!   by period. Each of its rows has a v3 invoice from the day on which it is due, or from the payment where that is earlier; a
//!   payment of that invoice, however it is made, is the receipt of the row. Its amount is what the row says: no tax is added.
//! - **The first payment** is due on `startDate`, today where that is absent, and the next ones a period after each other from
//!   there. Billing dates whose grace has ended before the subscription is made are left out. Of the billing dates to come one
//!   more is made than customers have been reminded of.
//! - **`billingPeriod: ONCE`** has one billing date. `deductions` are the payments in all; 0 is without end.
//! - **`policy`.** `TIER` takes the tier's amount, whatever a subscription says. `SUBSCRIPTION` requires the subscription's.
//!   `SCHEDULE` has no rows but those that are made, and ignores `startDate`.
//! - **Rows** can be made by hand on a subscription of any policy, beside those of its billing dates: `schedule/date` adds them,
//!   `schedule/order` sets the amount of a billing date, counted from 0. Both answer with the rows, in order of their days.
//! - **Statuses of a subscription** are ACTIVE, PAUSED, SUSPENDED (a row's grace has ended unpaid) and CANCELLED. A row is ACTIVE
//!   from its reminder on, and on the day it is due at the latest. While a subscription is paused its open rows are SUSPENDED;
//!   the document has no way to resume, v3 has.
//! - **`PUT …/schedule`** works reminder and grace out anew (the document's own example keeps stale ones). A row that is due
//!   already has an invoice, which is void then. A row is reminded of again where its new reminder is on a later day.
//! - **`PATCH …/schedule`** sends the message again, now or in the morning. `amount` and `date` are the row's: what the body says
//!   of them is only checked for its form.
//! - **Amounts** are printed as numbers, also where an example prints a text (`"42"`); both are read. Rows show their `id`
//!   everywhere but in the list of a customer's subscriptions, which prints what the document prints.
//! - **`nextBillingDate`** is the day of the first open row, at the hour at which the subscription began.
//! - **Customers** need `customerNum`, which no other customer of the business has, and a name, an address or a number, as v3
//!   does. `phoneNo` is kept as it is given; it is read as a number of the business's country when a message is sent.
//! - **Errors** are `{"code","message","errors":[{"field","code","message"}]}`; a token that is refused says `WWW-Authenticate`.

mod problem;

pub use problem::{ErrorBody, ErrorField, OauthError};

pub(crate) use problem::{page_too_large, render, render_oauth, render_page, render_too_large};
