//! What an input looks like, for the OpenAPI documents: the reader is asked, so a document cannot say anything else.

use std::fmt;
use std::ops::RangeInclusive;

use models::ids::Kind;
use models::metadata::{MAX_KEY_CHARS, MAX_KEYS, MAX_VALUE_CHARS};
use serde_json::Value;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{
    AdditionalProperties, ArrayBuilder, KnownFormat, Object, ObjectBuilder, OneOfBuilder, Schema,
    SchemaFormat, SchemaType, Type,
};
use utoipa::openapi::{Ref, RefOr, Required};

use super::{Fields, Input};

/// An input that documents show. `#[derive(Input)]` makes it one.
pub trait Described: Input {
    /// The name of its schema.
    const NAME: &'static str;
    /// What it is.
    const DOC: &'static str;

    /// What the documents say of its fields, beside what their readers know.
    fn words() -> Vec<Words>;
}

/// What a document says of a field.
#[derive(Debug, Clone)]
pub struct Words {
    /// Its name on the wire.
    pub field: &'static str,
    /// What it is.
    pub doc: &'static str,
    /// A value that it may have.
    pub example: Option<Value>,
}

/// Whether a field has to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    /// It may be absent or `null`.
    Optional,
    /// It may be absent, and is not `null`.
    NotNull,
    /// It is there, and is not `null`.
    Required,
}

/// The fields that a reader asked for, in that order.
#[derive(Default)]
pub(super) struct Shapes {
    fields: Vec<(&'static str, Shape, Presence)>,
}

impl fmt::Debug for Shapes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shapes")
    }
}

impl Shapes {
    /// The first shape of a name stands: it is that of the reader that says most.
    pub(super) fn add(&mut self, name: &'static str, shape: Shape) {
        if self.fields.iter().any(|(other, ..)| *other == name) {
            return;
        }
        self.fields.push((name, shape, Presence::Optional));
    }

    fn set(&mut self, name: &str, presence: Presence) {
        let mut fields = self.fields.iter_mut();
        if let Some(field) = fields.find(|(other, ..)| *other == name) {
            field.2 = presence;
        }
    }

    fn read<T: Input>() -> Self {
        let mut fields = Fields::describing();
        drop(T::read(&mut fields));
        fields.shapes.unwrap_or_default()
    }
}

impl Fields<'_> {
    pub(super) fn note_presence(&mut self, name: &str, presence: Presence) {
        if let Some(shapes) = &mut self.shapes {
            shapes.set(name, presence);
        }
    }
}

/// What a value looks like.
#[derive(Clone)]
pub(super) enum Shape {
    Value(Box<Object>),
    List(Box<Shape>, RangeInclusive<usize>),
    Input(&'static str, fn(&mut Vec<(String, RefOr<Schema>)>)),
}

impl Shape {
    fn typed(kind: Type) -> Self {
        Self::Value(Box::new(Object::with_type(kind)))
    }

    fn with(self, change: impl FnOnce(ObjectBuilder) -> ObjectBuilder) -> Self {
        match self {
            Self::Value(object) => {
                Self::Value(Box::new(change(ObjectBuilder::from(*object)).build()))
            }
            other @ (Self::List(..) | Self::Input(..)) => other,
        }
    }

    pub(super) fn string() -> Self {
        Self::typed(Type::String)
    }

    pub(super) fn text(chars: RangeInclusive<usize>) -> Self {
        let least = Some(*chars.start()).filter(|least| *least > 0);
        Self::string().with(|text| text.min_length(least).max_length(Some(*chars.end())))
    }

    pub(super) fn format(self, name: &str) -> Self {
        self.with(|text| text.format(Some(SchemaFormat::Custom(name.to_owned()))))
    }

    pub(super) fn pattern(self, pattern: impl Into<String>) -> Self {
        self.with(|text| text.pattern(Some(pattern.into())))
    }

    /// The id of a record of kind `K`.
    pub(super) fn id<K: Kind>() -> Self {
        Self::string().pattern(format!("^{}(0|[1-9][0-9]{{0,15}})$", K::PREFIX))
    }

    /// Only `null`.
    pub(super) fn null() -> Self {
        Self::typed(Type::Null)
    }

    pub(super) fn choice(names: impl Iterator<Item = &'static str>) -> Self {
        Self::string().with(|text| text.enum_values(Some(names)))
    }

    pub(super) fn boolean() -> Self {
        Self::typed(Type::Boolean)
    }

    pub(super) fn integer(range: RangeInclusive<i64>) -> Self {
        let wide = i32::try_from(*range.end()).is_err();
        let format = if wide {
            KnownFormat::Int64
        } else {
            KnownFormat::Int32
        };
        Self::typed(Type::Integer).with(|number| {
            number
                .format(Some(SchemaFormat::KnownFormat(format)))
                .minimum(Some(*range.start()))
                .maximum(Some(*range.end()))
        })
    }

    /// A decimal number.
    pub(super) fn number() -> Self {
        Self::typed(Type::Number).with(|number| {
            let number = number.exclusive_minimum(Some(-super::MAX_MAJOR));
            number.exclusive_maximum(Some(super::MAX_MAJOR))
        })
    }

    /// An amount in major units.
    pub(super) fn amount() -> Self {
        Self::typed(Type::Number).with(|number| {
            let number = number.minimum(Some(0_i64));
            number.exclusive_maximum(Some(super::MAX_MAJOR))
        })
    }

    /// The same, above zero.
    pub(super) fn above_zero(self) -> Self {
        self.with(|number| {
            let number = number.minimum(None::<i64>);
            number.exclusive_minimum(Some(0_i64))
        })
    }

    pub(super) fn share() -> Self {
        Self::typed(Type::Number).with(|number| number.minimum(Some(0_i64)).maximum(Some(1_i64)))
    }

    pub(super) fn percentage(positive: bool) -> Self {
        Self::typed(Type::Number).with(|number| {
            let number = number.maximum(Some(100_i64));
            if positive {
                number.exclusive_minimum(Some(0_i64))
            } else {
                number.minimum(Some(0_i64))
            }
        })
    }

    pub(super) fn object() -> Self {
        Self::typed(Type::Object)
            .with(|object| object.additional_properties(Some(AdditionalProperties::FreeForm(true))))
    }

    /// Values by names that metadata may have.
    fn by_key(of: &Self) -> Self {
        let names = ObjectBuilder::new()
            .schema_type(Type::String)
            .min_length(Some(1))
            .max_length(Some(MAX_KEY_CHARS))
            .build();
        Self::map(of, MAX_KEYS).with(|object| object.property_names(Some(names)))
    }

    /// Values by names of the caller's own.
    pub(super) fn map(of: &Self, most: usize) -> Self {
        let values = AdditionalProperties::RefOr(of.schema(Presence::Required));
        Self::typed(Type::Object).with(|object| {
            object
                .additional_properties(Some(values))
                .max_properties(Some(most))
        })
    }

    /// Texts by name; in a change also `null`, which removes one.
    pub(super) fn metadata(changes: bool) -> Self {
        let text = Self::text(0..=MAX_VALUE_CHARS);
        if changes {
            let text = text
                .with(|text| text.schema_type(SchemaType::from_iter([Type::String, Type::Null])));
            return Self::by_key(&text);
        }
        Self::by_key(&text)
    }

    /// Texts, numbers and truth values by name.
    pub(super) fn scalars() -> Self {
        let types = [Type::String, Type::Number, Type::Boolean];
        let value = ObjectBuilder::new()
            .schema_type(SchemaType::from_iter(types))
            .max_length(Some(MAX_VALUE_CHARS))
            .build();
        Self::by_key(&Self::Value(Box::new(value)))
    }

    /// Another input, by its name.
    pub(super) fn of<T: Described>() -> Self {
        Self::Input(T::NAME, |schemas| {
            schemas.push((T::NAME.to_owned(), schema::<T>()));
            inner_schemas::<T>(schemas);
        })
    }

    pub(super) fn list(self, count: RangeInclusive<usize>) -> Self {
        Self::List(Box::new(self), count)
    }

    fn schema(&self, presence: Presence) -> RefOr<Schema> {
        let nullable = presence == Presence::Optional;
        match self {
            Self::Value(object) => {
                let mut object = Object::clone(object);
                if nullable {
                    object.schema_type = or_null(object.schema_type);
                    if let Some(values) = &mut object.enum_values {
                        values.push(Value::Null);
                    }
                }
                object.into()
            }
            Self::List(item, count) => {
                let least = Some(*count.start()).filter(|least| *least > 0);
                let mut list = ArrayBuilder::new()
                    .items(item.schema(Presence::Required))
                    .min_items(least)
                    .max_items(Some(*count.end()));
                if nullable {
                    list = list.schema_type(SchemaType::from_iter([Type::Array, Type::Null]));
                }
                list.build().into()
            }
            Self::Input(name, _) => {
                let inner = Ref::from_schema_name(*name);
                if !nullable {
                    return inner.into();
                }
                let null = ObjectBuilder::new().schema_type(Type::Null).build();
                Schema::from(OneOfBuilder::new().item(inner).item(null).build()).into()
            }
        }
    }

    fn schemas(&self, schemas: &mut Vec<(String, RefOr<Schema>)>) {
        match self {
            Self::Value(_) => {}
            Self::List(item, _) => item.schemas(schemas),
            Self::Input(_, add) => add(schemas),
        }
    }
}

fn or_null(kind: SchemaType) -> SchemaType {
    match kind {
        SchemaType::Type(Type::Null) => Type::Null.into(),
        SchemaType::Type(kind) => SchemaType::from_iter([kind, Type::Null]),
        SchemaType::Array(kinds) => kinds.into_iter().chain([Type::Null]).collect(),
        SchemaType::AnyValue => SchemaType::AnyValue,
    }
}

fn object_of(shapes: Shapes, doc: &str, words: &[Words]) -> Object {
    let mut object = ObjectBuilder::new().description(Some(doc).filter(|doc| !doc.is_empty()));
    for (name, shape, presence) in shapes.fields {
        if presence == Presence::Required {
            object = object.required(name);
        }
        let mut schema = shape.schema(presence);
        let mut said = words.iter();
        if let Some(words) = said.find(|words| words.field == name) {
            say(&mut schema, words);
        }
        object = object.property(name, schema);
    }
    object.build()
}

/// Puts the words of a field into its schema.
fn say(schema: &mut RefOr<Schema>, words: &Words) {
    let doc = Some(words.doc.to_owned()).filter(|doc| !doc.is_empty());
    let example = words.example.clone();
    match schema {
        RefOr::Ref(inner) => inner.description = doc.unwrap_or_default(),
        RefOr::T(Schema::Object(object)) => (object.description, object.example) = (doc, example),
        RefOr::T(Schema::Array(list)) => (list.description, list.example) = (doc, example),
        RefOr::T(Schema::OneOf(one)) => (one.description, one.example) = (doc, example),
        RefOr::T(_) => {}
    }
}

/// The schema of an input.
pub fn schema<T: Described>() -> RefOr<Schema> {
    object_of(Shapes::read::<T>(), T::DOC, &T::words()).into()
}

/// Adds the schemas of the inputs that are in this one.
pub fn inner_schemas<T: Described>(schemas: &mut Vec<(String, RefOr<Schema>)>) {
    for (_, shape, _) in Shapes::read::<T>().fields {
        shape.schemas(schemas);
    }
}

/// An input as the parameters of a query.
pub fn parameters<T: Described>() -> Vec<Parameter> {
    let words = T::words();
    let fields = Shapes::read::<T>().fields.into_iter();
    let parameter = |(name, shape, presence): (&str, Shape, Presence)| {
        let said = words.iter().find(|words| words.field == name);
        let doc = said.map(|words| words.doc).filter(|doc| !doc.is_empty());
        let required = if presence == Presence::Required {
            Required::True
        } else {
            Required::False
        };
        ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Query)
            .required(required)
            .description(doc)
            .example(said.and_then(|words| words.example.clone()))
            .schema(Some(shape.schema(Presence::Required)))
            .build()
    };
    fields.map(parameter).collect()
}
