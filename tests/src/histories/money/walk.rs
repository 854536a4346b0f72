//! Histories by chance. Whatever is done to a subscription, and whoever dies while doing it: no line gives back more than it
//! charged, what came in is what invoices say was paid and what balances hold, every amount follows from what was billed, a
//! preview says what is charged, and all that was used is billed once, at the price of its time.
//!
//! `SAVVY_SEED=7 cargo nextest run -p tests walk` runs one history again, `SAVVY_SEEDS=20000` so many in each test.

mod books;
mod meter;

use models::Timestamp;
use models::billing::{Invoice, InvoiceStatus, Subscription};
use models::ids::{self, Id};
use models::page::PageRequest;
use serde_json::{Value, json};
use testkit::{Answer, Call, World};

use self::meter::Meter;
use crate::histories::chance::{Chance, seeds};

/// Tests that share the histories, and how many each has.
const PARTS: u64 = 16;
const HISTORIES: u64 = 32;
/// What is done in each, at the most.
const STEPS: u64 = 6;
/// Plans: a price for each unit, and how often.
const PLANS: &[(&str, i64, &str)] = &[
    ("small", 1_000, "month"),
    ("middle", 3_099, "month"),
    ("large", 9_999, "month"),
    ("weekly", 777, "week"),
    ("yearly", 50_003, "year"),
];
/// Plans with usage: calls at that price.
const METERED: &[(&str, i64)] = &[("calls_3", 3), ("calls_7", 7)];
const GOOD: &str = testkit::GOOD_CARD;
const BAD: &str = "4000000000000341";
const BEHAVIORS: &[&str] = &["create_prorations", "always_invoice", "none"];
const PAYMENT: &[&str] = &[
    "allow_incomplete",
    "default_incomplete",
    "error_if_incomplete",
    "pending_if_incomplete",
];

/// What somebody does.
#[derive(Clone, Copy)]
enum Act {
    Change,
    Schedule,
    /// A change that waits for its payment.
    Wait,
    Pause,
    Resume,
    Cancel,
    Note,
    Refund,
    Card,
    Taxes,
    Use,
    Settle,
}

/// What is done most in a history: what goes wrong needs some things together.
const THEMES: &[&[Act]] = &[
    ANYTHING,
    &[Act::Schedule, Act::Pause, Act::Use, Act::Use, Act::Resume],
    &[Act::Wait, Act::Settle, Act::Settle, Act::Use],
    &[
        Act::Change,
        Act::Note,
        Act::Refund,
        Act::Refund,
        Act::Cancel,
    ],
];
const ANYTHING: &[Act] = &[
    Act::Change,
    Act::Change,
    Act::Change,
    Act::Schedule,
    Act::Wait,
    Act::Pause,
    Act::Resume,
    Act::Resume,
    Act::Cancel,
    Act::Note,
    Act::Note,
    Act::Refund,
    Act::Card,
    Act::Taxes,
    Act::Use,
    Act::Use,
    Act::Settle,
];

/// What all histories of one world share.
struct Place {
    world: World,
    rates: Vec<String>,
}

impl Place {
    async fn new() -> Self {
        let world = World::at("2026-01-01T00:00:00Z").await;
        let api = world.call(routes());
        for (id, amount, interval) in PLANS {
            let plan = json!({ "id": id, "name": id, "currency": "USD", "amount": amount, "interval": interval,
                "pricing_model": "per_unit" });
            api.plan(plan).await;
        }
        for (id, amount) in METERED {
            let meters =
                json!([{ "metric_name": "calls", "pricing_model": "per_unit", "amount": amount }]);
            let plan = json!({ "id": id, "name": id, "currency": "USD", "amount": 500, "interval": "month",
                "pricing_model": "per_unit", "meters": meters });
            api.plan(plan).await;
        }
        for (id, off, duration) in [("half", 50, "once"), ("third", 33, "forever")] {
            let coupon = json!({ "id": id, "name": id, "percent_off": off, "duration": duration });
            api.post("/v3/coupons", coupon).await.expect(201);
        }
        let mut rates = Vec::new();
        for (percentage, inclusive) in [(json!(20), false), (json!(7.25), true)] {
            let rate =
                json!({ "display_name": "VAT", "percentage": percentage, "inclusive": inclusive });
            let rate = api.post("/v3/tax-rates", rate).await;
            rates.push(rate.text_of("id").to_owned());
        }
        Self { world, rates }
    }
}

fn routes() -> utoipa_axum::router::OpenApiRouter<api::App> {
    billing::routes()
        .merge(crm::routes())
        .merge(payments::routes())
}

/// More than a history has of anything.
const PAGE: PageRequest = PageRequest {
    limit: 100,
    after: None,
};

struct History<'p> {
    place: &'p Place,
    seed: u64,
    chance: Chance,
    world: World,
    /// Made when somebody asks something at that moment.
    api: Option<Call>,
    customer: String,
    id: String,
    keys: u64,
    theme: &'static [Act],
    meter: Meter,
    told: Vec<String>,
}

impl<'p> History<'p> {
    async fn begin(place: &'p Place, seed: u64) -> Self {
        let mut chance = Chance::seeded(seed);
        let theme = chance.one_of(THEMES);
        let start = i64::try_from(chance.below(700 * 86_400)).unwrap();
        let start = place.world.config.clock.now().plus_seconds(start);
        let mut history = Self {
            place,
            seed,
            chance,
            world: place.world.moment(start, 1_000_000 + seed),
            api: None,
            customer: String::new(),
            id: String::new(),
            keys: 0,
            theme,
            meter: Meter::default(),
            told: Vec::new(),
        };
        let new = json!({ "email": "a@example.com" });
        let customer = history.ask("POST", "/v3/customers".to_owned(), new).await;
        history.customer = customer.text_of("id").to_owned();
        history.card(GOOD).await;
        history.subscribe(start).await;
        history
    }

    async fn subscribe(&mut self, start: Timestamp) {
        let mut new = json!({ "customer_id": self.customer });
        let plan = self.plan(&mut new);
        if plan != "weekly" && self.chance.one_in(3) {
            let days = 1 + i64::try_from(self.chance.below(27)).unwrap();
            new["billing_cycle_anchor"] = json!(start.plus_days(days).to_string());
        } else if self.chance.one_in(6) {
            new["trial_period_days"] = json!(1 + self.chance.below(20));
        }
        if self.chance.one_in(3) {
            new["coupon_id"] = json!(*self.chance.one_of(&["half", "third"]));
        }
        if self.chance.one_in(4) {
            new["payment_behavior"] = json!(*self.chance.one_of(&PAYMENT[..3]));
        }
        new["tax_rate_ids"] = self.taxes();
        let made = self.ask("POST", "/v3/subscriptions".to_owned(), new).await;
        assert_eq!(made.status, 201, "{}", made.text);
        self.id = made.text_of("id").to_owned();
        self.look(false).await;
    }

    /// A plan, some of it.
    fn plan(&mut self, body: &mut Value) -> &'static str {
        let plan = if self.chance.one_in(2) {
            self.chance.one_of(METERED).0
        } else {
            self.chance.one_of(PLANS).0
        };
        body["plan_id"] = json!(plan);
        body["quantity"] = json!(1 + self.chance.below(4));
        plan
    }

    fn taxes(&mut self) -> Value {
        match self.chance.below(4) {
            0 => json!([self.place.rates[0]]),
            1 => json!([self.place.rates[1]]),
            _ => json!([]),
        }
    }

    async fn card(&mut self, number: &str) {
        let card = json!({ "number": number, "exp_month": 12, "exp_year": 2040, "cvc": "123" });
        let method =
            json!({ "customer_id": self.customer, "type": "card", "card": card, "default": true });
        let attached = self.ask("POST", "/v3/payment-methods".to_owned(), method);
        attached.await.expect(201);
    }

    fn api(&mut self) -> Call {
        self.api
            .get_or_insert_with(|| self.world.call(routes()))
            .clone()
    }

    /// Asks as a client does: the process that answers may die, and then the same is asked of another one.
    async fn ask(&mut self, method: &str, path: String, body: Value) -> Answer {
        self.keys += 1;
        let key = format!("{}-{}", self.seed, self.keys);
        let send = async |api: &Call| {
            let method = method.parse().unwrap();
            let body = body.to_string();
            api.idempotent(&key).send(method, &path, &body).await
        };
        if self.chance.one_in(8) {
            let process = self.process();
            process.meter.fault(self.chance.fault(25));
            let answer = send(&process.call(routes())).await;
            self.told
                .push(format!("{method} {path} {body} {}", answer.status));
            self.look(false).await;
        }
        let mut answer = send(&self.api()).await;
        // Whoever died holds the key for a while.
        if answer.status == 409 && answer.text_of("code") == "idempotency_key_in_use" {
            let later = self.world.config.clock.now();
            let later = later.plus_seconds(testkit::AFTER_A_CRASH);
            Box::pin(self.until(later)).await;
            answer = send(&self.api()).await;
        }
        self.told
            .push(format!("{method} {path} {body} {}", answer.status));
        let status = answer.status.as_u16();
        assert!(status < 500, "{:#?}\n{}", self.told, answer.text);
        self.look(false).await;
        answer
    }

    /// Notes what the subscription is now.
    async fn look(&mut self, by_itself: bool) {
        if !self.id.is_empty() {
            let stored = self.subscription().await;
            let now = self.world.config.clock.now();
            self.meter.look(now, &stored, by_itself);
        }
    }

    fn process(&mut self) -> World {
        let seed = self.chance.below(u64::MAX / 2);
        self.world.process(seed)
    }

    async fn subscription(&self) -> Subscription {
        let context = self.world.app.scheduled(self.world.ours.test(), None);
        let found = context
            .find_now(self.id.parse::<Id<ids::Subscription>>().unwrap())
            .await;
        found.unwrap().unwrap().into_inner()
    }

    async fn invoices(&self) -> Vec<Invoice> {
        let context = self.world.app.scheduled(self.world.ours.test(), None);
        let id = Some(self.id.parse().unwrap());
        let page = context.invoices(&PAGE, None, id, None);
        let found = page.await.unwrap().items.into_iter();
        found.map(store::Stored::into_inner).collect()
    }

    /// Time goes on, and all that comes due is done when it is due, by workers of which some die.
    async fn wait(&mut self) {
        let subscription = self.subscription().await;
        let now = self.world.config.clock.now();
        let seconds = match self.chance.below(6) {
            0 => return,
            1 => 1,
            2 => i64::try_from(self.chance.below(40 * 3_600)).unwrap(),
            3 | 4 => i64::try_from(self.chance.below(25 * 86_400)).unwrap(),
            _ => (subscription.period.end.seconds() - now.seconds()).clamp(0, 40 * 86_400),
        };
        self.until(now.plus_seconds(seconds)).await;
    }

    async fn until(&mut self, end: Timestamp) {
        if self.id.is_empty() {
            self.go(end);
            return;
        }
        for _ in 0..60 {
            let invoices = self.invoices().await;
            let dues = invoices.iter().filter_map(Invoice::due);
            let due = dues.chain(self.subscription().await.due()).min();
            let due = due.filter(|due| *due <= end);
            let at = due.unwrap_or(end).max(self.world.config.clock.now());
            self.go(at);
            if due.is_none() {
                return;
            }
            let process = self.process();
            if self.chance.one_in(8) {
                process.meter.fault(self.chance.fault(25));
                drop(self.run(&process, at, &invoices).await);
                self.look(true).await;
            }
            self.run(&self.world, at, &invoices).await.unwrap();
            self.look(true).await;
        }
        panic!("something stays due: {:#?}", self.told);
    }

    fn go(&mut self, at: Timestamp) {
        if at != self.world.config.clock.now() {
            self.keys += 1;
            let seed = self.seed * 1_000 + self.keys;
            self.world = self.place.world.moment(at, 2_000_000_000 + seed);
            self.api = None;
            self.told.push(at.to_string());
        }
    }

    async fn run(&self, world: &World, at: Timestamp, invoices: &[Invoice]) -> models::Result<()> {
        let context = world.app.scheduled(world.ours.test(), Some(at));
        operations::run_subscription(&context, self.id.parse().unwrap(), at).await?;
        for invoice in invoices {
            operations::run_invoice(&context, invoice.id, at).await?;
        }
        Ok(())
    }

    async fn step(&mut self) {
        self.wait().await;
        let path = format!("/v3/subscriptions/{}", self.id);
        let acts = if self.chance.one_in(3) {
            ANYTHING
        } else {
            self.theme
        };
        match *self.chance.one_of(acts) {
            Act::Change => self.change(path).await,
            Act::Schedule => {
                let mut change = self.any_change();
                change["effective"] = json!("period_end");
                self.ask("PATCH", path, change).await;
            }
            Act::Wait => {
                self.card(BAD).await;
                let mut change = self.any_change();
                change["proration_behavior"] = json!("always_invoice");
                change["payment_behavior"] = json!("pending_if_incomplete");
                self.ask("PATCH", path, change).await;
            }
            Act::Pause => {
                let paused = self.ask("POST", format!("{path}/pause"), json!({}));
                paused.await;
            }
            Act::Resume => {
                let anchor = *self.chance.one_of(&["now", "unchanged"]);
                let proration = *self.chance.one_of(BEHAVIORS);
                let body =
                    json!({ "billing_cycle_anchor": anchor, "proration_behavior": proration });
                self.ask("POST", format!("{path}/resume"), body).await;
            }
            Act::Cancel => {
                let body = match self.chance.below(4) {
                    0 => json!({ "at_period_end": true }),
                    1 => json!({ "prorate": false }),
                    _ => json!({ "prorate": true }),
                };
                self.ask("POST", format!("{path}/cancel"), body).await;
            }
            Act::Note => self.credit_note().await,
            Act::Refund => self.refund().await,
            Act::Card => {
                let card = *self.chance.one_of(&[GOOD, GOOD, BAD]);
                self.card(card).await;
            }
            Act::Taxes => {
                let taxes = json!({ "tax_rate_ids": self.taxes() });
                self.ask("PATCH", path, taxes).await;
            }
            Act::Use => self.use_some().await,
            Act::Settle => self.settle_an_invoice().await,
        }
    }

    /// Something is used, by a clock that may be ahead of ours.
    async fn use_some(&mut self) {
        let quantity = 1 + i64::try_from(self.chance.below(500)).unwrap();
        let ahead = match self.chance.below(3) {
            0 => i64::try_from(self.chance.below(300)).unwrap(),
            _ => 0,
        };
        let asked = self.world.config.clock.now();
        let at = asked.plus_seconds(ahead);
        let report = json!({
            "subscription_id": self.id, "metric_name": "calls", "quantity": quantity, "timestamp": at.to_string(),
        });
        let reported = self.ask("POST", "/v3/usage".to_owned(), report).await;
        if self.world.config.clock.now() != asked {
            self.meter.unsure = Some("it may have been reported late");
        }
        if reported.status == 201 {
            self.meter.used(at, quantity);
        }
    }

    fn any_change(&mut self) -> Value {
        let mut change = json!({ "proration_behavior": *self.chance.one_of(BEHAVIORS) });
        match self.chance.below(6) {
            0 => change["billing_cycle_anchor"] = json!("now"),
            1 => change["quantity"] = json!(1 + self.chance.below(4)),
            _ => {
                self.plan(&mut change);
            }
        }
        change
    }

    async fn change(&mut self, path: String) {
        let mut change = self.any_change();
        if self.chance.one_in(8) {
            change["coupon_id"] = json!("third");
        } else if self.chance.one_in(2) {
            change["payment_behavior"] = json!(*self.chance.one_of(PAYMENT));
        }
        let api = self.api();
        let preview = api.post(&format!("{path}/preview"), change.clone()).await;
        let before = self.invoices().await;
        let changed = self.ask("PATCH", path, change).await;
        if changed.status != 200 {
            assert_eq!(self.invoices().await.len(), before.len());
            return;
        }
        let told = &preview.expect(200)["immediate_invoice"];
        let mut made = self.invoices().await;
        made.retain(|invoice| before.iter().all(|other| other.id != invoice.id));
        let billed = usize::from(!told.is_null());
        assert_eq!(made.len(), billed, "{:#?}", self.told);
        for made in made {
            let amounts = |line: &Value| line["amount"].as_i64().unwrap();
            let lines = told["line_items"].as_array().unwrap();
            let told_lines: Vec<i64> = lines.iter().map(amounts).collect();
            let lines = made.lines.iter();
            let made_lines: Vec<i64> = lines.map(|line| line.amount.minor()).collect();
            assert_eq!(told_lines, made_lines, "{:#?}", self.told);
            assert_eq!(told["total"], made.total().unwrap().minor());
        }
    }

    async fn credit_note(&mut self) {
        let invoices = self.invoices().await;
        if invoices.is_empty() {
            return;
        }
        let invoice = self.chance.one_of(&invoices);
        let (id, total) = (invoice.id.to_string(), invoice.total().unwrap().minor());
        let most = u64::try_from(total.max(1)).unwrap();
        let amount = 1 + self.chance.below(most);
        let mut note = json!({ "invoice_id": id, "amount": amount });
        match self.chance.below(3) {
            0 => note["refund_amount"] = json!(self.chance.below(amount + 1)),
            1 => note["out_of_band_amount"] = json!(self.chance.below(amount + 1)),
            _ => {}
        }
        self.ask("POST", "/v3/credit-notes".to_owned(), note).await;
    }

    async fn refund(&mut self) {
        let path = format!("/v3/payments?customer_id={}&limit=100", self.customer);
        let payments = self.api().get(&path).await;
        let payments = payments.body["data"].as_array().unwrap().clone();
        if payments.is_empty() {
            return;
        }
        let id = self.chance.one_of(&payments)["id"].as_str().unwrap();
        let refund = json!({ "amount": 1 + self.chance.below(9_000) });
        self.ask("POST", format!("/v3/payments/{id}/refunds"), refund)
            .await;
    }

    /// An open invoice is paid, in part or elsewhere, given up or void.
    async fn settle_an_invoice(&mut self) {
        let invoices = self.invoices().await;
        let mut open = invoices.iter();
        let Some(open) = open.find(|invoice| invoice.status == InvoiceStatus::Open) else {
            return;
        };
        let action = *self
            .chance
            .one_of(&["pay", "pay", "pay", "void", "mark-uncollectible"]);
        let path = format!("/v3/invoices/{}/{action}", open.id);
        let mut how = json!({});
        let owed = open.amount_remaining().unwrap().minor();
        let part = i64::try_from(self.chance.below(10_000)).unwrap() % owed.max(1) + 1;
        if action == "pay" && self.chance.one_in(2) {
            how["paid_out_of_band"] = json!(true);
        }
        if action == "pay" && self.chance.one_in(2) {
            how["amount"] = json!(part);
        }
        self.ask("POST", path, how).await;
    }
}

async fn history(place: &Place, seed: u64) {
    let mut history = History::begin(place, seed).await;
    for _ in 0..STEPS {
        history.step().await;
    }
    history.wait().await;
    history.is_true().await;
    history.all_use_is_billed().await;
}

/// The histories of the `part`-th test.
async fn walk(part: u64) {
    let place = Place::new().await;
    for seed in seeds(HISTORIES) {
        let seed = if std::env::var("SAVVY_SEED").is_ok() {
            seed
        } else {
            seed * PARTS + part
        };
        println!("SAVVY_SEED={seed}");
        history(&place, seed).await;
    }
}

macro_rules! walks {
    ($($name:ident = $part:literal,)*) => {
        $(
            #[tokio::test]
            async fn $name() {
                walk($part).await;
            }
        )*
    };
}

walks! {
    walk_0 = 0, walk_1 = 1, walk_2 = 2, walk_3 = 3, walk_4 = 4, walk_5 = 5, walk_6 = 6, walk_7 = 7,
    walk_8 = 8, walk_9 = 9, walk_10 = 10, walk_11 = 11, walk_12 = 12, walk_13 = 13, walk_14 = 14, walk_15 = 15,
}

#[tokio::test]
async fn equal_seeds_give_equal_bytes() {
    let (one, other) = (Place::new().await, Place::new().await);
    for seed in 0..5 {
        history(&one, seed).await;
        history(&other, seed).await;
    }
    let (one, other) = (one.world.dump(), other.world.dump());
    for (one, other) in one.iter().zip(&other) {
        assert_eq!(one, other);
    }
    assert_eq!(one.len(), other.len());
}
