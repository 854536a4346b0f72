//! `GET /v3/customers`

use api::input::{Input, Window};
use api::{CrmRead, Cx, Listed, PageQuery, Problem, Query, operation};
use models::Error;
use models::crm::Profile;
use models::messaging::{national_number, normalize_phone};
use store::CustomerQuery;
use views::rocketsavvy::Customer;

#[derive(Input)]
pub(crate) struct CustomerFilter {
    /// Text in names, e-mail address, phone number or company.
    #[input(chars = 1..=100, example = "acme")]
    search: Option<String>,
    /// This e-mail address exactly, in capitals or not.
    #[input(email, example = "test@example.com")]
    email: Option<String>,
    /// This phone number, however it is written: `+1 416 555 1234`, or `(416) 555-1234` as in the country of the business.
    #[input(chars = 3..=32, numbers = "telephone number", example = "+14165551234")]
    phone: Option<String>,
    #[input(flatten)]
    created: Window,
    #[input(flatten)]
    page: PageQuery,
}

/// List customers
///
/// Lists customers, newest first. `email` and `created` are looked up; `search` and `phone` look through the list, so a
/// page may be short, or empty, although `has_more` is true. A customer that has just been changed may be found a second
/// later.
#[operation(get, "/v3/customers", tag = "crm")]
pub(crate) async fn list_customers(
    cx: Cx<CrmRead>,
    Query(query): Query<CustomerFilter>,
) -> Result<Listed<Customer>, Problem> {
    let paging = cx.page(&query.page)?;
    let phone = match &query.phone {
        Some(text) => Some(Phone::read(&cx, text).await?),
        None => None,
    };
    let wanted = CustomerQuery {
        search: query.search.as_deref(),
        email: query.email.as_deref(),
        phone_digits: phone.as_ref().map(Phone::common_digits),
        since: query.created.since,
        until: query.created.until,
    };
    let mut page = cx.customers(&paging.request, &wanted).await?;
    if let Some(phone) = &phone {
        page.items
            .retain(|customer| phone.is_that_of(&customer.profile));
    }
    paging.list(page, cx.mode())
}

/// A phone number that is looked for, and the country whose numbers are written without a code.
struct Phone {
    /// In E.164; `None` where it is a number of no plan that we know, which a customer may have all the same.
    number: Option<String>,
    /// As it was asked for.
    digits: String,
    country: String,
}

impl Phone {
    async fn read(cx: &Cx<CrmRead>, text: &str) -> Result<Self, Problem> {
        let account = cx.account().await?;
        let country = account.map(|account| account.country.clone());
        let country = country.unwrap_or_default();
        // The plus of a number is a space where nobody encoded it.
        let text = match text.strip_prefix(' ') {
            Some(digits) => format!("+{digits}"),
            None => text.to_owned(),
        };
        let digits = digits(&text);
        if digits.is_empty() {
            let detail = "must be a phone number like +14165551234";
            return Err(Error::invalid("?phone", "invalid_number", detail).into());
        }
        let number = normalize_phone(&text, &country).ok();
        Ok(Self {
            number,
            digits,
            country,
        })
    }

    /// Digits that every spelling of the number has.
    fn common_digits(&self) -> &str {
        let number = self.number.as_deref();
        number.map_or(&self.digits, national_number)
    }

    fn is_that_of(&self, profile: &Profile) -> bool {
        let Some(kept) = profile.phone.as_deref() else {
            return false;
        };
        let number = normalize_phone(kept, &self.country).ok();
        (number.is_some() && number == self.number) || digits(kept) == self.digits
    }
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testkit::World;

    #[tokio::test]
    async fn a_customer_is_found_by_address_number_and_time() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let later = world.later(60).call(crate::routes());
        let jose = json!({ "email": "Jos\u{e9}@Example.com", "phone": "(416) 555-1234" });
        let anna = json!({ "email": "anna@example.com", "phone": "+44 7700 900123" });
        let again = json!({ "email": "jose\u{301}@example.com", "phone": "+1-416-555-1234" });
        let mut ids = Vec::new();
        for (api, body) in [(&api, jose), (&api, anna), (&later, again)] {
            let made = api.post("/v3/customers", body).await;
            made.expect(201);
            ids.push(made.text_of("id").to_owned());
        }
        let found = async |query: &str| {
            let page = later.get(&format!("/v3/customers?{query}")).await;
            let list = page.expect(200)["data"].as_array().unwrap().clone();
            let place = |id: &str| ids.iter().position(|known| known == id).unwrap();
            let places = list.iter().map(|one| place(one["id"].as_str().unwrap()));
            places.collect::<Vec<_>>()
        };
        for (query, want) in [
            ("email=JOS%C3%89@example.com", vec![2, 0]),
            ("email=nobody@example.com", vec![]),
            ("phone=%2B14165551234", vec![2, 0]),
            ("phone=+14165551234", vec![2, 0]),
            ("phone=416-555-1234", vec![2, 0]),
            ("phone=%2B447700900123", vec![1]),
            ("phone=4165551235", vec![]),
            ("search=555-1234", vec![]),
            ("search=5551234", vec![2, 0]),
            ("search=JOSE%CC%81", vec![2, 0]),
            ("created[gte]=2026-01-15T12:00:30Z", vec![2]),
            ("created[lt]=2026-01-15T12:00:30Z", vec![1, 0]),
            (
                "email=jos%C3%A9@example.com&created[lte]=2026-01-15T12:00:00Z",
                vec![0],
            ),
            ("email=jos%C3%A9@example.com&phone=%2B447700900123", vec![]),
            ("created[gt]=2030-01-01T00:00:00Z", vec![]),
        ] {
            assert_eq!(found(query).await, want, "{query}");
        }
        let path = format!("/v3/customers/{}", ids[0]);
        later
            .patch(&path, json!({ "email": "new@example.com" }))
            .await
            .expect(200);
        later
            .delete(&format!("/v3/customers/{}", ids[2]))
            .await
            .expect(200);
        assert_eq!(found("email=jos%C3%A9@example.com").await, [0_usize; 0]);
        assert_eq!(found("email=new@example.com").await, [0]);
        let refused = later.get("/v3/customers?phone=abc&email=x").await;
        assert_eq!(refused.expect(400)["errors"][0]["pointer"], "?email");
        let refused = later.get("/v3/customers?phone=abc").await;
        refused.expect(400);
        assert_eq!(refused.pointers(), ["?phone"]);
        let first = later
            .get("/v3/customers?email=new@example.com&limit=1")
            .await;
        first.expect(200);
        world.meter.take();
    }

    #[tokio::test]
    async fn an_address_is_one_query_and_one_read() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        for number in 0..30 {
            let body = json!({ "email": format!("c{}@example.com", number % 3) });
            api.post("/v3/customers", body).await.expect(201);
        }
        world.meter.take();
        let page = api.get("/v3/customers?email=c1@example.com&limit=6").await;
        assert_eq!(page.expect(200)["data"].as_array().unwrap().len(), 6);
        assert_eq!(world.meter.take().round_trips(), 2);
        let cursor = page.text_of("next_cursor").to_owned();
        let rest = api
            .get(&format!(
                "/v3/customers?email=c1@example.com&cursor={cursor}"
            ))
            .await;
        assert_eq!(rest.expect(200)["data"].as_array().unwrap().len(), 4);
        assert_eq!(rest.body["has_more"], false);
    }
}
