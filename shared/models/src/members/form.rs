//! What a partner may say of a member, and the rules of every field, in the words of a Rails application.

use crate::error::Invalid;
use crate::members::pattern::{is_email, is_us_phone};
use crate::members::{DEFAULT_COUNTRY, Gender, MemberKind, MemberStatus, Password, state};
use crate::payments::card_number;
use crate::time::Date;

/// The longest text that a column of a Rails application takes.
const MAX_CHARS: usize = 255;
/// The longest user name: it is part of a key, which has room for so many characters of any script.
const MAX_USERNAME: usize = 100;
/// The longest password.
const MAX_PASSWORD: usize = 128;

/// What is done with what was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormAction {
    /// A member is enrolled: what is required must be there.
    Create,
    /// A member is changed: what is absent stays.
    Update,
}

/// The address as it was given. Absent and empty are the same.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the document")]
pub struct AddressInput {
    pub address1: Option<String>,
    pub address2: Option<String>,
    pub address3: Option<String>,
    pub city: Option<String>,
    pub county: Option<String>,
    pub state: Option<String>,
    pub zipcode: Option<String>,
    pub country: Option<String>,
    pub phone: Option<String>,
    pub address_type: Option<String>,
}

/// What was given. Absent and empty are the same.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the document")]
pub struct MemberInput {
    pub email: Option<String>,
    pub password: Option<Password>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub username: Option<String>,
    pub date_of_birth: Option<String>,
    pub gender: Option<String>,
    pub status: Option<String>,
    pub braintree_customer_id: Option<String>,
    pub address: AddressInput,
}

/// What was given, where every rule holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// E-mail address.
    pub email: Option<String>,
    /// Password.
    pub password: Option<Password>,
    /// Given name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// User name.
    pub username: Option<String>,
    /// Birthday.
    pub date_of_birth: Option<Date>,
    /// Gender.
    pub gender: Option<Gender>,
    /// Where the member stands.
    pub status: Option<MemberStatus>,
    /// The customer in the vault.
    pub vault_customer: Option<String>,
    /// The address; on creation with its country.
    pub address: AddressInput,
}

struct Check<'i> {
    act: FormAction,
    invalid: &'i mut Invalid,
}

impl Check<'_> {
    fn wrong(&mut self, field: &str, code: &'static str, detail: impl Into<String>) {
        self.invalid.push(field, code, detail);
    }

    /// A field that a new member must have.
    fn required(&mut self, field: &str, text: Option<&String>) -> Option<String> {
        self.present(field, text);
        self.text(field, text)
    }

    fn present(&mut self, field: &str, text: Option<&String>) {
        if text.is_none() && self.act == FormAction::Create {
            self.wrong(field, "blank", "can't be blank");
        }
    }

    /// Any text of a line, without a card number.
    fn text(&mut self, field: &str, text: Option<&String>) -> Option<String> {
        self.short(field, text, MAX_CHARS)
    }

    fn short(&mut self, field: &str, text: Option<&String>, most: usize) -> Option<String> {
        let text = self.line(field, text, most)?;
        if card_number::stands_in(&text) {
            self.wrong(field, card_number::IN_TEXT, "can't contain a card number");
            return None;
        }
        Some(text)
    }

    /// A number of another system's, which may look like that of a card.
    fn foreign_number(&mut self, field: &str, text: Option<&String>) -> Option<String> {
        self.present(field, text);
        self.line(field, text, MAX_CHARS)
    }

    fn line(&mut self, field: &str, text: Option<&String>, most: usize) -> Option<String> {
        let text = text?;
        if text.chars().count() > most {
            let detail = format!("is too long (maximum is {most} characters)");
            self.wrong(field, "too_long", detail);
        } else if text.chars().any(char::is_control) {
            self.wrong(field, "invalid", "is invalid");
        } else {
            return Some(text.clone());
        }
        None
    }

    /// A text that is read as something.
    fn read<T>(
        &mut self,
        field: &str,
        text: Option<String>,
        read: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let text = text?;
        let value = read(&text);
        if value.is_none() {
            self.wrong(field, "invalid", "is invalid");
        }
        value
    }

    /// One of several words.
    fn choice<T: Copy>(
        &mut self,
        field: &str,
        text: Option<&String>,
        of: &[(&str, T)],
    ) -> Option<T> {
        let text = text?;
        let found = of
            .iter()
            .find(|(name, _)| *name == text)
            .map(|(_, value)| *value);
        if found.is_none() {
            self.wrong(field, "inclusion", "is not included in the list");
        }
        found
    }

    fn password(&mut self, password: Option<&Password>) -> Option<Password> {
        let password = password?;
        let least = match self.act {
            FormAction::Create => 6,
            FormAction::Update => 7,
        };
        let length = password.expose().chars().count();
        if length < least {
            let detail = format!("is too short (minimum is {least} characters)");
            self.wrong("password", "too_short", detail);
        } else if length > MAX_PASSWORD {
            let detail = format!("is too long (maximum is {MAX_PASSWORD} characters)");
            self.wrong("password", "too_long", detail);
        } else {
            return Some(password.clone());
        }
        None
    }

    fn address(&mut self, given: &AddressInput) -> AddressInput {
        let address1 = self.required("address.address1", given.address1.as_ref());
        let address2 = self.text("address.address2", given.address2.as_ref());
        let address3 = self.text("address.address3", given.address3.as_ref());
        let city = self.required("address.city", given.city.as_ref());
        let state = self.required("address.state", given.state.as_ref());
        let state = state.and_then(|text| {
            let code = state::code(&text);
            if code.is_none() {
                self.wrong("address.state", "inclusion", "is not included in the list");
            }
            code.map(str::to_owned)
        });
        let zipcode = self.required("address.zipcode", given.zipcode.as_ref());
        let country = self.text("address.country", given.country.as_ref());
        if country.as_ref().is_some_and(|text| !state::is_the_us(text)) {
            self.wrong(
                "address.country",
                "inclusion",
                "is not included in the list",
            );
        }
        let default = || (self.act == FormAction::Create).then(|| DEFAULT_COUNTRY.to_owned());
        let country = country.or_else(default);
        let phone = self.required("address.phone", given.phone.as_ref());
        let good = |text: &str| is_us_phone(text).then(|| text.to_owned());
        let phone = self.read("address.phone", phone, good);
        AddressInput {
            address1,
            address2,
            address3,
            city,
            county: self.text("address.county", given.county.as_ref()),
            state,
            zipcode,
            country,
            phone,
            address_type: self.text("address.address_type", given.address_type.as_ref()),
        }
    }
}

impl MemberInput {
    /// Checks every field; what is wrong is added to `invalid`, under the names that a Rails application has for it. Nobody is born
    /// after the day `latest`.
    pub fn check(
        self,
        act: FormAction,
        kind: MemberKind,
        latest: Date,
        invalid: &mut Invalid,
    ) -> Changes {
        let mut check = Check { act, invalid };
        let email = check.required("email", self.email.as_ref());
        let good = |text: &str| is_email(text).then(|| text.to_owned());
        let email = check.read("email", email, good);
        let call_center = kind == MemberKind::CallCenter;
        // The document of call centers has no password: its members choose their own.
        let password = check.password(self.password.as_ref().filter(|_| !call_center));
        let first_name = check.required("first_name", self.first_name.as_ref());
        let last_name = check.required("last_name", self.last_name.as_ref());
        let username = check.short("username", self.username.as_ref(), MAX_USERNAME);
        let date_of_birth = check.text("date_of_birth", self.date_of_birth.as_ref());
        let date_of_birth: Option<Date> =
            check.read("date_of_birth", date_of_birth, |text| text.parse().ok());
        if date_of_birth.is_some_and(|date| date > latest) {
            check.wrong("date_of_birth", "in_the_future", "can't be in the future");
        }
        let gender = check.choice("gender", self.gender.as_ref(), Gender::ALL);
        let status = check.choice("status", self.status.as_ref(), MemberStatus::ALL);
        let vault_customer = if call_center {
            check.foreign_number("braintree_customer_id", self.braintree_customer_id.as_ref())
        } else {
            None
        };
        let address = check.address(&self.address);
        Changes {
            email,
            password,
            first_name,
            last_name,
            username,
            date_of_birth,
            gender,
            status,
            vault_customer,
            address,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::unnecessary_wraps, reason = "the form of every field")]
    fn text(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    fn given() -> MemberInput {
        MemberInput {
            email: text("test@example.com"),
            first_name: text("Testfirst"),
            last_name: text("Testlast"),
            address: AddressInput {
                address1: text("123 fk st"),
                city: text("Salt Lake City"),
                state: text("ut"),
                zipcode: text("84101"),
                phone: text("8015555555"),
                ..AddressInput::default()
            },
            ..MemberInput::default()
        }
    }

    fn latest() -> Date {
        "2026-01-15".parse().unwrap()
    }

    #[test]
    fn nobody_is_born_tomorrow() {
        for (date, good) in [
            ("2026-01-15", true),
            ("2026-01-16", false),
            ("2126-01-01", false),
        ] {
            let given = MemberInput {
                date_of_birth: Some(date.to_owned()),
                ..given()
            };
            let wrong = errors(given, FormAction::Create, MemberKind::Wholesale);
            assert_eq!(wrong.is_empty(), good, "{date}: {wrong:?}");
        }
    }

    fn errors(given: MemberInput, act: FormAction, kind: MemberKind) -> Vec<String> {
        let mut invalid = Invalid::default();
        given.check(act, kind, latest(), &mut invalid);
        let line = |error: &crate::FieldError| format!("{} {}", error.pointer, error.detail);
        invalid.fields.iter().map(line).collect()
    }

    #[test]
    fn what_is_absent_is_blank_in_a_new_member_and_stays_in_an_old_one() {
        let blank = errors(
            MemberInput::default(),
            FormAction::Create,
            MemberKind::CallCenter,
        );
        let names = [
            "email",
            "first_name",
            "last_name",
            "braintree_customer_id",
            "address.address1",
            "address.city",
            "address.state",
            "address.zipcode",
            "address.phone",
        ];
        assert_eq!(blank, names.map(|name| format!("{name} can't be blank")));
        assert!(
            errors(
                MemberInput::default(),
                FormAction::Update,
                MemberKind::CallCenter
            )
            .is_empty()
        );
        assert!(errors(given(), FormAction::Create, MemberKind::Wholesale).is_empty());
    }

    #[test]
    fn a_password_has_six_characters_at_first_and_seven_later() {
        let with = |length: usize, act| {
            let mut given = given();
            given.password = Some(Password::new("ü".repeat(length)));
            errors(given, act, MemberKind::Wholesale)
        };
        assert_eq!(
            with(5, FormAction::Create),
            ["password is too short (minimum is 6 characters)"]
        );
        assert!(with(6, FormAction::Create).is_empty() && with(128, FormAction::Create).is_empty());
        assert_eq!(
            with(6, FormAction::Update),
            ["password is too short (minimum is 7 characters)"]
        );
        assert!(with(7, FormAction::Update).is_empty());
        let long = ["password is too long (maximum is 128 characters)"];
        assert_eq!(with(129, FormAction::Update), long);
    }

    #[test]
    fn defaults_and_capitals_are_filled_in() {
        let mut invalid = Invalid::default();
        let changes = given().check(
            FormAction::Create,
            MemberKind::Wholesale,
            latest(),
            &mut invalid,
        );
        assert_eq!(changes.address.country.as_deref(), Some(DEFAULT_COUNTRY));
        assert_eq!(changes.address.state.as_deref(), Some("UT"));
        let changes = given().check(
            FormAction::Update,
            MemberKind::Wholesale,
            latest(),
            &mut invalid,
        );
        assert_eq!(changes.address.country, None);
    }

    #[test]
    fn a_password_is_never_printed() {
        let mut given = given();
        given.password = Some(Password::new("hunter22".to_owned()));
        assert!(!format!("{given:?}").contains("hunter22"));
    }
}
