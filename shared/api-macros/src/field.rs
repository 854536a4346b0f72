//! One field of an input.

use proc_macro2::TokenStream;
use quote::quote;
use syn::meta::ParseNestedMeta;
use syn::{Attribute, Expr, Ident, LitStr, Path, Type};

/// What is read from the input.
enum Reader {
    Chars(Expr),
    Range(Expr),
    Minor(Expr),
    Percentage(Expr),
    Choice(Option<Expr>),
    Items(Expr),
    By(Path),
    Method(Ident),
    Flatten,
    OfType,
}

/// What becomes of a field that is absent or `null`.
enum Presence {
    Required,
    Optional,
    Patch,
    Change,
    Default(Fallback),
}

/// What stands in the place of a field that is absent.
enum Fallback {
    OfType,
    Value(Box<Expr>),
}

/// One field of an input.
pub(crate) struct Field {
    ident: Ident,
    kind: Type,
    wire: String,
    doc: String,
    example: Option<TokenStream>,
    reader: Reader,
    presence: Presence,
    then: Option<Path>,
    pattern: Option<Expr>,
    numbers: Option<LitStr>,
}

/// What the field's attributes say.
#[derive(Default)]
struct Attributes {
    reader: Option<Reader>,
    then: Option<Path>,
    pattern: Option<Expr>,
    numbers: Option<LitStr>,
    default: Option<Fallback>,
    rename: Option<LitStr>,
    example: Option<TokenStream>,
}

/// Methods of `Fields` that need nothing but the name.
const METHODS: &[&str] = &[
    "email",
    "country",
    "major",
    "quantity",
    "above_zero",
    "share",
    "scalars",
];

impl Attributes {
    fn read(attributes: &[Attribute]) -> syn::Result<Self> {
        let mut said = Self::default();
        for attribute in attributes.iter().filter(|one| one.path().is_ident("input")) {
            attribute.parse_nested_meta(|meta| said.take(&meta))?;
        }
        Ok(said)
    }

    fn take(&mut self, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
        let name = meta.path.require_ident()?;
        let value = || meta.value()?.parse::<Expr>();
        let given = || meta.input.peek(syn::Token![=]);
        let reader = match name.to_string().as_str() {
            "chars" => Reader::Chars(value()?),
            "range" => Reader::Range(value()?),
            "minor" => Reader::Minor(value()?),
            "percentage" => Reader::Percentage(value()?),
            "items" => Reader::Items(value()?),
            "choice" if given() => Reader::Choice(Some(value()?)),
            "choice" => Reader::Choice(None),
            "by" => Reader::By(meta.value()?.parse()?),
            "flatten" => Reader::Flatten,
            method if METHODS.contains(&method) => Reader::Method(name.clone()),
            "then" => {
                self.then = Some(meta.value()?.parse()?);
                return Ok(());
            }
            "default" => {
                self.default = Some(if given() {
                    Fallback::Value(Box::new(value()?))
                } else {
                    Fallback::OfType
                });
                return Ok(());
            }
            "pattern" => {
                self.pattern = Some(meta.value()?.parse()?);
                return Ok(());
            }
            "numbers" => {
                self.numbers = Some(meta.value()?.parse()?);
                return Ok(());
            }
            "rename" => {
                self.rename = Some(meta.value()?.parse()?);
                return Ok(());
            }
            "example" => {
                self.example = Some(example(meta.value()?)?);
                return Ok(());
            }
            _ => return Err(meta.error("is not known here; see the crate")),
        };
        if self.reader.replace(reader).is_some() {
            return Err(meta.error("says twice how the field is read"));
        }
        Ok(())
    }
}

/// All up to the next comma: JSON as `serde_json::json!` reads it.
fn example(input: syn::parse::ParseStream<'_>) -> syn::Result<TokenStream> {
    let mut tokens = TokenStream::new();
    while !input.is_empty() && !input.peek(syn::Token![,]) {
        tokens.extend([input.parse::<proc_macro2::TokenTree>()?]);
    }
    Ok(tokens)
}

impl Field {
    pub(crate) fn read(field: &syn::Field, camel: bool) -> syn::Result<Self> {
        let nameless = || syn::Error::new_spanned(field, "a named field");
        let ident = field.ident.clone().ok_or_else(nameless)?;
        let said = Attributes::read(&field.attrs)?;
        let wrapped = |wrapper: &str| super::inside(&field.ty, wrapper).cloned();
        let (kind, presence) = if let Some(default) = said.default {
            (field.ty.clone(), Presence::Default(default))
        } else if let Some(inner) = wrapped("Option") {
            (inner, Presence::Optional)
        } else if let Some(inner) = wrapped("Patch") {
            (inner, Presence::Patch)
        } else if let Some(inner) = wrapped("Change") {
            (inner, Presence::Change)
        } else {
            (field.ty.clone(), Presence::Required)
        };
        let wire = match &said.rename {
            Some(name) => name.value(),
            None if camel => camel_case(&ident.to_string()),
            None => ident.to_string(),
        };
        if let Some(numbers) = &said.numbers
            && !matches!(said.reader, Some(Reader::Chars(_)))
        {
            let detail = "goes with chars: card numbers are looked for in texts alone";
            return Err(syn::Error::new_spanned(numbers, detail));
        }
        Ok(Self {
            doc: super::doc(&field.attrs),
            example: said.example,
            reader: said.reader.unwrap_or(Reader::OfType),
            then: said.then,
            pattern: said.pattern,
            numbers: said.numbers,
            ident,
            kind,
            wire,
            presence,
        })
    }

    /// `let name = …;`, an `Option` of the value where the field is required.
    pub(crate) fn read_call(&self) -> TokenStream {
        let Self { kind, wire, .. } = self;
        let ident = self.local();
        let call = match &self.reader {
            Reader::Flatten => {
                return quote! { let #ident = <#kind as ::api::input::Input>::read(fields); };
            }
            Reader::OfType if is(kind, "MetadataChanges") => {
                return quote! { let #ident = fields.metadata_changes(); };
            }
            Reader::Chars(range) if self.numbers.is_some() => {
                let pattern = self.pattern.as_ref().map_or_else(
                    || quote! { ::core::option::Option::None },
                    |pattern| quote! { ::core::option::Option::Some(#pattern) },
                );
                quote! { fields.text_of_numbers(#wire, #range, #pattern) }
            }
            Reader::Chars(range) => {
                if let Some(pattern) = &self.pattern {
                    quote! { fields.text_like(#wire, #range, #pattern) }
                } else {
                    quote! { fields.text(#wire, #range) }
                }
            }
            Reader::Range(range) if is(kind, "i64") => quote! { fields.integer(#wire, #range) },
            Reader::Range(range) => quote! { fields.count(#wire, #range) },
            Reader::Minor(least) => quote! { fields.minor(#wire, #least) },
            Reader::Percentage(positive) => quote! { fields.percentage(#wire, #positive) },
            Reader::Choice(Some(table)) => quote! { fields.choice(#wire, #table) },
            Reader::Choice(None) => quote! { fields.choice(#wire, <#kind>::ALL) },
            Reader::Items(count) => {
                let item = super::inside(kind, "Vec");
                quote! { fields.inputs::<#item>(#wire, #count) }
            }
            Reader::By(path) => quote! { #path(fields, #wire) },
            Reader::Method(method) => quote! { fields.#method(#wire) },
            Reader::OfType => of_type(kind, wire),
        };
        let then = self.then.as_ref();
        let then = then.map(|then| quote! { .and_then(|value| #then(fields, #wire, value)) });
        match &self.presence {
            Presence::Required => quote! {
                let #ident = #call;
                let #ident = #ident.required(fields)#then;
            },
            Presence::Optional => quote! {
                let #ident = #call.optional()#then;
            },
            Presence::Change => quote! {
                let #ident = #call;
                let #ident = #ident.change(fields)#then;
            },
            Presence::Patch => quote! {
                let #ident = #call.patch()#then;
            },
            Presence::Default(default) => {
                let or = match default {
                    Fallback::Value(value) => quote! { .unwrap_or(#value) },
                    Fallback::OfType => quote! { .unwrap_or_default() },
                };
                quote! { let #ident = #call.optional()#then #or; }
            }
        }
    }

    /// The field of the struct.
    pub(crate) fn value(&self) -> TokenStream {
        let (ident, local) = (&self.ident, self.local());
        match (&self.reader, &self.presence) {
            (Reader::OfType, Presence::Required) if is(&self.kind, "MetadataChanges") => {
                quote! { #ident: #local, }
            }
            (_, Presence::Required) => quote! { #ident: #local?, },
            _ => quote! { #ident: #local, },
        }
    }

    /// What holds it while the others are read: no name that stands in an attribute.
    fn local(&self) -> Ident {
        quote::format_ident!("field_{}", self.ident.to_string().trim_start_matches('_'))
    }

    /// What the document says of it.
    pub(crate) fn words(&self) -> TokenStream {
        let Self {
            kind, wire, doc, ..
        } = self;
        if matches!(self.reader, Reader::Flatten) {
            return quote! { words.extend(<#kind as ::api::input::Described>::words()); };
        }
        let example = self.example.as_ref().map_or_else(
            || quote! { ::core::option::Option::None },
            |json| quote! { ::core::option::Option::Some(::serde_json::json!(#json)) },
        );
        quote! {
            words.push(::api::input::Words {
                field: #wire,
                doc: #doc,
                example: #example,
            });
        }
    }
}

/// How a value of that type is read.
fn of_type(kind: &Type, wire: &str) -> TokenStream {
    const READERS: &[(&str, &str)] = &[
        ("bool", "boolean"),
        ("Id", "id"),
        ("Slug", "slug"),
        ("Timestamp", "timestamp"),
        ("Date", "date"),
        ("Currency", "currency"),
        ("Decimal", "decimal"),
    ];
    if is(kind, "Metadata") {
        return quote! { fields.metadata() };
    }
    let known = READERS.iter().find(|(name, _)| is(kind, name));
    known.map_or_else(
        || quote! { fields.input::<#kind>(#wire) },
        |(_, method)| {
            let method = Ident::new(method, proc_macro2::Span::call_site());
            quote! { fields.#method(#wire) }
        },
    )
}

/// Whether the type's last name is that.
fn is(kind: &Type, name: &str) -> bool {
    let Type::Path(path) = kind else {
        return false;
    };
    path.path
        .segments
        .last()
        .is_some_and(|last| last.ident == name)
}

fn camel_case(snake: &str) -> String {
    let mut words = snake.split('_');
    let mut name = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        name.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        name.push_str(letters.as_str());
    }
    name
}
