//! How an operation is declared: [`macro@operation`] and [`macro@Input`].
//!
//! # `#[operation]`
//! The signature of a handler is what the OpenAPI document says of it: `Json<T>`, `Query<T>` and `Path<T>` are its body and its
//! parameters, and `Result<Created<T>, Problem>` is its answer, with the errors that such an operation can give.
//!
//! ```ignore
//! /// Retrieve a customer
//! ///
//! /// What follows the first line is the description.
//! #[operation(get, "/v3/customers/{id}", tag = "crm")]
//! pub(crate) async fn get_customer(cx: Cx<CrmRead>, Path(id): Path<Id<Customer>>) -> Result<Done<views::Customer>, Problem>
//! ```
//!
//! | answer | status |
//! |---|---|
//! | `Done<T>` | 200 |
//! | `Listed<T>` | 200, a page of them |
//! | `Pdf`, `Csv` | 200, a file |
//! | `Created<T>` | 201, with `Location` |
//! | `Accepted<T>` | 202 |
//! | `NoContent` | 204 |
//!
//! An operation of v3 without `Query` refuses every parameter, and one without `Json` every field: nothing is ignored there.
//!
//! `answer = "…"` describes the answer where "The customer." does not do, and `declined = "…"` adds 402. What `utoipa::path`
//! understands beside that (`request_body(…)`, `params(…)`, `responses(…)`) comes in place of what the signature says.
//!
//! # `#[derive(Input)]`
//! One struct says what a body or a query has. It becomes calls of `api::input::Fields`, which read it, name what
//! is wrong, and describe it for the OpenAPI document.
//!
//! What a field's type says of it:
//!
//! | type | in the input |
//! |---|---|
//! | `T` | required |
//! | `Option<T>` | may be absent or `null` |
//! | `Patch<T>` | absent stays, `null` removes |
//! | `Change<T>` | absent stays, `null` is refused |
//!
//! `T` says how it is read: `bool`, `Id`, `Slug`, `Timestamp`, `Date`, `Currency`, `Decimal`, `Metadata`, `MetadataChanges`, or another
//! `Input`, which is an object. What else it takes stands in `#[input(…)]`:
//!
//! | of a field | |
//! |---|---|
//! | `chars = 1..=100` | a text of so many characters |
//! | `pattern = "^[0-9]{3,4}$"` | what the document says of such a text, and `then` checks |
//! | `numbers = "telephone number"` | which numbers such a text holds by nature: they may look like those of cards, which any other text is refused with |
//! | `range = 0..=730` | a whole number between these |
//! | `percentage = true` | a percentage, which is above zero where `true` |
//! | `minor = 1` | an amount in minor units, at least that |
//! | `email`, `country`, `major`, `quantity`, `above_zero`, `share`, `scalars` | the method of `Fields` of that name |
//! | `choice`, `choice = TABLE` | a name of the type's own table, `T::ALL`, or of another one |
//! | `items = 0..=50` | a list of so many objects |
//! | `by = path` | `fn(&mut Fields, &'static str) -> Field<T>` |
//! | `then = path` | `fn(&mut Fields, &'static str, T) -> Option<U>`, for what was read well and may still be wrong |
//! | `flatten` | all fields of another `Input` |
//! | `default`, `default = value` | instead of what is absent |
//! | `rename = "type"` | the name on the wire |
//! | `example = value` | for the document, as `serde_json::json!` reads it |
//!
//! | of the struct | |
//! |---|---|
//! | `name = "NewPlan"` | of the schema; else that of the struct |
//! | `rename_all = "camelCase"` | the names of all fields |
//! | `fixed("a", "b" => "why")` | refuses fields that cannot be changed |
//! | `rules = path` | `fn(&mut Fields)`, on which fields are given, good or not |
//! | `check = path` | `fn(&Self, &mut Fields)`, where each field is good by itself |

mod field;
mod operation;

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, Data, DeriveInput, Expr, ExprLit, Fields, Lit, LitStr, Path, Token};

use self::field::Field;

/// Describes a handler. See the crate.
#[proc_macro_attribute]
pub fn operation(
    attribute: proc_macro::TokenStream,
    handler: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    let attribute = syn::parse_macro_input!(attribute as operation::Attribute);
    let handler = syn::parse_macro_input!(handler as syn::ItemFn);
    operation::expand(&attribute, handler)
        .unwrap_or_else(|error| error.to_compile_error())
        .into()
}

/// Declares an input. See the crate.
#[proc_macro_derive(Input, attributes(input))]
pub fn derive_input(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let input = syn::parse_macro_input!(input as DeriveInput);
    expand(&input)
        .unwrap_or_else(|error| error.to_compile_error())
        .into()
}

/// What the struct's own attribute says.
#[derive(Default)]
struct Container {
    name: Option<LitStr>,
    camel: bool,
    check: Option<Path>,
    fixed: Option<Fixed>,
    rules: Option<Path>,
}

/// Fields that a change may not name, and why.
struct Fixed {
    names: Vec<LitStr>,
    why: LitStr,
}

impl Parse for Fixed {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let names = Punctuated::<LitStr, Token![,]>::parse_separated_nonempty(input)?;
        input.parse::<Token![=>]>()?;
        Ok(Self {
            names: names.into_iter().collect(),
            why: input.parse()?,
        })
    }
}

impl Container {
    fn read(attributes: &[Attribute]) -> syn::Result<Self> {
        let mut container = Self::default();
        for attribute in attributes.iter().filter(|one| one.path().is_ident("input")) {
            attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("name") {
                    container.name = Some(meta.value()?.parse()?);
                } else if meta.path.is_ident("rename_all") {
                    let case: LitStr = meta.value()?.parse()?;
                    container.camel = case.value() == "camelCase";
                    if !container.camel {
                        return Err(syn::Error::new(case.span(), "camelCase is the only one"));
                    }
                } else if meta.path.is_ident("check") {
                    container.check = Some(meta.value()?.parse()?);
                } else if meta.path.is_ident("rules") {
                    container.rules = Some(meta.value()?.parse()?);
                } else if meta.path.is_ident("fixed") {
                    let content;
                    syn::parenthesized!(content in meta.input);
                    container.fixed = Some(content.parse()?);
                } else {
                    return Err(meta.error("name, rename_all, rules, check or fixed"));
                }
                Ok(())
            })?;
        }
        Ok(container)
    }
}

fn expand(input: &DeriveInput) -> syn::Result<TokenStream> {
    let not_a_struct = || syn::Error::new_spanned(input, "a struct with named fields");
    let Data::Struct(data) = &input.data else {
        return Err(not_a_struct());
    };
    let Fields::Named(named) = &data.fields else {
        return Err(not_a_struct());
    };
    let container = Container::read(&input.attrs)?;
    let fields = named.named.iter();
    let fields = fields.map(|one| Field::read(one, container.camel));
    let fields = fields.collect::<syn::Result<Vec<_>>>()?;
    let ident = &input.ident;
    let name = container
        .name
        .unwrap_or_else(|| LitStr::new(&ident.to_string(), ident.span()));
    let doc = doc(&input.attrs);
    let reads = fields.iter().map(Field::read_call);
    let values = fields.iter().map(Field::value);
    let words = fields.iter().map(Field::words);
    let check = container.check.map(|check| {
        quote! {
            if fields.good() {
                #check(&input, fields);
            }
        }
    });
    let fixed = container.fixed.map(|Fixed { names, why }| {
        quote! { fields.refuse_fixed(&[#(#names),*], #why); }
    });
    let rules = container.rules.map(|rules| quote! { #rules(fields); });
    let schemas = schemas(ident, &name);
    Ok(quote! {
        impl ::api::input::Input for #ident {
            fn read(fields: &mut ::api::input::Fields<'_>) -> ::core::option::Option<Self> {
                #(#reads)*
                #fixed
                #rules
                let input = Self { #(#values)* };
                #check
                ::core::option::Option::Some(input)
            }
        }

        impl ::api::input::Described for #ident {
            const NAME: &'static str = #name;
            const DOC: &'static str = #doc;

            fn words() -> ::std::vec::Vec<::api::input::Words> {
                let mut words = ::std::vec::Vec::new();
                #(#words)*
                words
            }
        }

        #schemas
    })
}

/// How a document takes the input in: as a body, and as a query.
fn schemas(ident: &syn::Ident, name: &LitStr) -> TokenStream {
    quote! {
        impl ::utoipa::PartialSchema for #ident {
            fn schema() -> ::utoipa::openapi::RefOr<::utoipa::openapi::schema::Schema> {
                ::api::input::schema::<Self>()
            }
        }

        impl ::utoipa::ToSchema for #ident {
            fn name() -> ::std::borrow::Cow<'static, str> {
                ::std::borrow::Cow::Borrowed(#name)
            }

            fn schemas(
                schemas: &mut ::std::vec::Vec<(
                    ::std::string::String,
                    ::utoipa::openapi::RefOr<::utoipa::openapi::schema::Schema>,
                )>,
            ) {
                ::api::input::inner_schemas::<Self>(schemas);
            }
        }

        impl ::utoipa::IntoParams for #ident {
            fn into_params(
                _: impl ::core::ops::Fn() -> ::core::option::Option<::utoipa::openapi::path::ParameterIn>,
            ) -> ::std::vec::Vec<::utoipa::openapi::path::Parameter> {
                ::api::input::parameters::<Self>()
            }
        }
    }
}

/// The doc comment as one text.
fn doc(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| {
        let syn::Meta::NameValue(meta) = &attribute.meta else {
            return None;
        };
        let Expr::Lit(ExprLit {
            lit: Lit::Str(line),
            ..
        }) = &meta.value
        else {
            return None;
        };
        let is_doc = meta.path.is_ident("doc");
        is_doc.then(|| line.value().trim().to_owned())
    });
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}

/// The type inside `Wrapper<…>`, where the type is that wrapper.
fn inside<'t>(kind: &'t syn::Type, wrapper: &str) -> Option<&'t syn::Type> {
    let syn::Type::Path(path) = kind else {
        return None;
    };
    let last = path.path.segments.last()?;
    let syn::PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    let arguments: &Punctuated<syn::GenericArgument, Token![,]> = &arguments.args;
    let syn::GenericArgument::Type(inner) = arguments.first()? else {
        return None;
    };
    (last.ident == wrapper).then_some(inner)
}
