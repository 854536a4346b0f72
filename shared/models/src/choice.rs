//! Enums with one spelling for each value: on the wire, in storage, in filters, in messages and in the OpenAPI documents.

/// An enum from a table of its values and their spellings.
///
/// It is copied, compared and printed; other traits are derived beside its name. `ALL` has the values in the order of the table,
/// which is the order in which an error names them.
#[macro_export]
macro_rules! choices {
    (
        $(#[$meta:meta])*
        $vis:vis enum $name:ident {
            $($(#[$about:meta])* $variant:ident = $spelling:literal,)+
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        $vis enum $name {
            $($(#[$about])* $variant,)+
        }

        impl $name {
            /// All values with their spellings.
            $vis const ALL: &'static [(&'static str, Self)] = &[$(($spelling, Self::$variant)),+];

            /// The spelling.
            $vis const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $spelling,)+
                }
            }
        }

        impl $crate::utoipa::PartialSchema for $name {
            fn schema() -> $crate::utoipa::openapi::RefOr<$crate::utoipa::openapi::schema::Schema> {
                $crate::utoipa::openapi::ObjectBuilder::new()
                    .schema_type($crate::utoipa::openapi::Type::String)
                    .enum_values(Some([$($spelling),+]))
                    .into()
            }
        }

        impl $crate::utoipa::ToSchema for $name {
            fn name() -> std::borrow::Cow<'static, str> {
                std::borrow::Cow::Borrowed(stringify!($name))
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <String as serde::Deserialize>::deserialize(deserializer)?;
                $crate::choice::of(Self::ALL, &text).map_err(serde::de::Error::custom)
            }
        }
    };
}

/// The value of that spelling.
#[doc(hidden)]
pub fn of<T: Copy>(all: &[(&'static str, T)], text: &str) -> Result<T, String> {
    let found = all.iter().find(|(spelling, _)| *spelling == text);
    found
        .map(|(_, value)| *value)
        .ok_or_else(|| format!("unknown value {text:?}"))
}

#[cfg(test)]
mod tests {
    choices! {
        /// A colour.
        #[derive(Default)]
        enum Colour {
            /// As blood.
            #[default]
            Red = "red",
            /// As night.
            DarkBlue = "dark_blue",
        }
    }

    #[test]
    fn one_spelling_serves_everywhere() {
        assert_eq!(Colour::ALL[1], ("dark_blue", Colour::DarkBlue));
        assert_eq!(Colour::default().as_str(), "red");
        for (spelling, colour) in Colour::ALL {
            assert_eq!(colour.as_str(), *spelling);
            let json = serde_json::to_value(colour).unwrap();
            assert_eq!(json, *spelling);
            assert_eq!(serde_json::from_value::<Colour>(json).unwrap(), *colour);
        }
        let unknown = serde_json::from_str::<Colour>("\"green\"").unwrap_err();
        assert!(unknown.to_string().contains("unknown value \"green\""));
    }
}
