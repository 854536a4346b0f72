//! Situations in which other billing systems lost or invented money, with the amounts that are right, and histories by chance.

mod collection;
mod credits;
mod order;
mod pauses;
mod payment_behavior;
mod refunds;
mod shop;
mod usage;
mod walk;
