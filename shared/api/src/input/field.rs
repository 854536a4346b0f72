//! One field as it was found: absent, `null`, wrong, or good.

use super::Fields;
use super::schema::Presence;

/// One field as it was found.
#[derive(Debug)]
#[must_use = "say whether the field is required"]
pub struct Field<T> {
    name: &'static str,
    found: Found<T>,
}

#[derive(Debug)]
enum Found<T> {
    Absent,
    Null,
    /// Its error is noted already.
    Bad,
    Good(T),
}

impl<T> Field<T> {
    pub(super) const fn absent(name: &'static str) -> Self {
        Self {
            name,
            found: Found::Absent,
        }
    }

    pub(super) const fn null(name: &'static str) -> Self {
        Self {
            name,
            found: Found::Null,
        }
    }

    pub(super) const fn bad(name: &'static str) -> Self {
        Self {
            name,
            found: Found::Bad,
        }
    }

    pub(super) const fn good(name: &'static str, value: T) -> Self {
        Self {
            name,
            found: Found::Good(value),
        }
    }

    pub(super) fn map<U>(self, change: impl FnOnce(T) -> U) -> Field<U> {
        let found = match self.found {
            Found::Absent => Found::Absent,
            Found::Null => Found::Null,
            Found::Bad => Found::Bad,
            Found::Good(value) => Found::Good(change(value)),
        };
        Field {
            name: self.name,
            found,
        }
    }

    /// The same field read further; bad where that gives nothing, which is noted then.
    pub(super) fn and_then<U>(self, read: impl FnOnce(T) -> Option<U>) -> Field<U> {
        let found = match self.found {
            Found::Absent => Found::Absent,
            Found::Null => Found::Null,
            Found::Bad => Found::Bad,
            Found::Good(value) => read(value).map_or(Found::Bad, Found::Good),
        };
        Field {
            name: self.name,
            found,
        }
    }

    /// The value; an error where it is absent or `null`.
    pub fn required(self, fields: &mut Fields<'_>) -> Option<T> {
        fields.note_presence(self.name, Presence::Required);
        match self.found {
            Found::Good(value) => Some(value),
            Found::Bad => None,
            Found::Absent | Found::Null => {
                fields.reject(self.name, "required", "is required");
                None
            }
        }
    }

    /// The value, where there is one.
    pub fn optional(self) -> Option<T> {
        match self.found {
            Found::Good(value) => Some(value),
            Found::Absent | Found::Null | Found::Bad => None,
        }
    }

    /// The new value, where there is one; an error where it is `null`, for it cannot be removed.
    pub fn change(self, fields: &mut Fields<'_>) -> Change<T> {
        fields.note_presence(self.name, Presence::NotNull);
        match self.found {
            Found::Good(value) => Some(value),
            Found::Absent | Found::Bad => None,
            Found::Null => {
                fields.reject(self.name, "required", "cannot be removed");
                None
            }
        }
    }

    /// What a `PATCH` says of it.
    pub fn patch(self) -> Patch<T> {
        match self.found {
            Found::Good(value) => Patch::Set(value),
            Found::Null => Patch::Clear,
            Found::Absent | Found::Bad => Patch::Keep,
        }
    }
}

/// The new value of a field that cannot be removed: `null` is refused.
pub type Change<T> = Option<T>;

/// What a `PATCH` says of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Patch<T> {
    /// Nothing: it stays as it is.
    Keep,
    /// `null`: remove it.
    Clear,
    /// Its new value.
    Set(T),
}

impl<T> Patch<T> {
    /// The field after the change.
    pub fn apply(self, before: Option<T>) -> Option<T> {
        match self {
            Self::Keep => before,
            Self::Clear => None,
            Self::Set(value) => Some(value),
        }
    }

    /// The same of another value.
    #[must_use]
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Patch<U> {
        self.and_then(|value| Some(change(value)))
    }

    /// The same of what is read further; nothing where that gives nothing.
    #[must_use]
    pub fn and_then<U>(self, read: impl FnOnce(T) -> Option<U>) -> Patch<U> {
        match self {
            Self::Keep => Patch::Keep,
            Self::Clear => Patch::Clear,
            Self::Set(value) => read(value).map_or(Patch::Keep, Patch::Set),
        }
    }

    /// The field after the change, where nothing is its empty value.
    pub fn apply_or_default(self, before: T) -> T
    where
        T: Default,
    {
        self.apply(Some(before)).unwrap_or_default()
    }
}
