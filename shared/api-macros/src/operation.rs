//! `#[operation]`: what the OpenAPI document says of a handler is read from the handler's signature.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};
use syn::parse::{Parse, ParseStream};
use syn::{FnArg, GenericArgument, Ident, ItemFn, LitStr, PathArguments, ReturnType, Token, Type};

/// What the attribute itself says.
pub(crate) struct Attribute {
    method: Ident,
    path: LitStr,
    tag: Option<LitStr>,
    answer: Option<LitStr>,
    declined: Option<LitStr>,
    /// Whatever else `utoipa::path` understands. What it says comes in place of what the signature says.
    other: Vec<(Ident, TokenStream)>,
}

impl Parse for Attribute {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let method = input.parse()?;
        input.parse::<Token![,]>()?;
        let mut attribute = Self {
            method,
            path: input.parse()?,
            tag: None,
            answer: None,
            declined: None,
            other: Vec::new(),
        };
        while !input.is_empty() {
            input.parse::<Token![,]>()?;
            if input.is_empty() {
                break;
            }
            let key: Ident = input.parse()?;
            if input.peek(Token![=]) {
                input.parse::<Token![=]>()?;
                let value = Some(input.parse::<LitStr>()?);
                match key.to_string().as_str() {
                    "tag" => attribute.tag = value,
                    "answer" => attribute.answer = value,
                    "declined" => attribute.declined = value,
                    _ => return Err(syn::Error::new(key.span(), "tag, answer or declined")),
                }
            } else {
                let content;
                syn::parenthesized!(content in input);
                attribute.other.push((key, content.parse()?));
            }
        }
        Ok(attribute)
    }
}

impl Attribute {
    fn says(&self, name: &str) -> bool {
        self.other.iter().any(|(key, _)| key == name)
    }

    /// Whether it is an operation of Savvi, which speaks JSON and XML.
    fn is_savvis(&self) -> bool {
        self.path.value().starts_with("/api/v1/")
    }

    /// The body, as `utoipa::path` wants it said.
    fn request_body(&self, arguments: &Arguments) -> Option<TokenStream> {
        if self.says("request_body") {
            return None;
        }
        if let Some(body) = &arguments.body {
            return Some(quote!(request_body = #body,));
        }
        let params = arguments.params.as_ref().filter(|_| self.method != "get")?;
        Some(quote! {
            request_body(content(
                (#params = "application/json"),
                (#params = "application/xml"),
                (#params = "application/x-www-form-urlencoded")
            )),
        })
    }
}

/// What the arguments of the handler say.
#[derive(Default)]
struct Arguments {
    body: Option<Type>,
    query: Option<Type>,
    /// What Savvi takes in the format of the caller's choice, or in the query of a `GET`.
    params: Option<Type>,
    path: Option<Type>,
    key: bool,
    /// As how many calls it counts, where that is not one.
    cost: Option<GenericArgument>,
}

impl Arguments {
    fn read(handler: &ItemFn) -> Self {
        let mut arguments = Self::default();
        for argument in &handler.sig.inputs {
            let FnArg::Typed(argument) = argument else {
                continue;
            };
            let Some((name, inner)) = named(&argument.ty) else {
                continue;
            };
            if name == "Costs" {
                arguments.cost = first_argument(&argument.ty);
            }
            match (name.to_string().as_str(), inner) {
                ("Json", Some(inner)) => arguments.body = Some(inner),
                ("Rows", Some(inner)) => {
                    arguments.body = Some(syn::parse_quote!(Vec<#inner>));
                }
                ("Query", Some(inner)) => arguments.query = Some(inner),
                ("Params", Some(inner)) => arguments.params = Some(inner),
                ("Path" | "NestedPath", Some(inner)) => arguments.path = Some(inner),
                ("Cx" | "TestMode" | "Operator", _) => arguments.key = true,
                _ => {}
            }
        }
        arguments
    }
}

/// The last name in the path of a type, and what stands in its angle brackets.
fn named(ty: &Type) -> Option<(Ident, Option<Type>)> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    let inner = match &last.arguments {
        PathArguments::AngleBracketed(inner) => inner.args.iter().find_map(|one| {
            if let GenericArgument::Type(inner) = one {
                Some(inner.clone())
            } else {
                None
            }
        }),
        PathArguments::None | PathArguments::Parenthesized(_) => None,
    };
    Some((last.ident.clone(), inner))
}

/// What stands first in the angle brackets of a type: a number in `Costs<20>`.
fn first_argument(ty: &Type) -> Option<GenericArgument> {
    let Type::Path(path) = ty else { return None };
    match &path.path.segments.last()?.arguments {
        PathArguments::AngleBracketed(inner) => inner.args.first().cloned(),
        PathArguments::None | PathArguments::Parenthesized(_) => None,
    }
}

/// `PaymentMethod` as it stands in a sentence: `payment method`.
fn words(name: &str) -> String {
    let mut words = String::new();
    for character in name.chars() {
        if character.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.extend(character.to_lowercase());
    }
    words
}

fn plural(words: &str) -> String {
    match words.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{stem}ies"),
        _ => format!("{words}s"),
    }
}

/// The answer of a handler that succeeds, as `utoipa::path` wants it said.
fn success(handler: &ItemFn, attribute: &Attribute) -> syn::Result<TokenStream> {
    let said = attribute.answer.as_ref();
    let wrong = |what: &dyn quote::ToTokens| {
        let text = "an answer is Result<Created<T>, _>, or with Done, Accepted, Listed, NoContent, Pdf or Csv";
        syn::Error::new_spanned(what, text)
    };
    let ReturnType::Type(_, output) = &handler.sig.output else {
        return Err(wrong(&handler.sig));
    };
    let answer = named(output).and_then(|(_, inner)| inner);
    let answer = answer.ok_or_else(|| wrong(output))?;
    let (kind, view) = named(&answer).ok_or_else(|| wrong(output))?;
    let description = |view: &Type| {
        let (name, inner) =
            named(view).unwrap_or_else(|| (Ident::new("Record", Span::call_site()), None));
        match (name.to_string().as_str(), inner.as_ref().and_then(named)) {
            ("Vec", Some((name, _))) => format!("The {}.", plural(&words(&name.to_string()))),
            ("Deleted", _) => "It is gone.".to_owned(),
            (name, _) => format!("The {}.", words(name)),
        }
    };
    let of = |derived: String| {
        said.map_or_else(|| LitStr::new(&derived, Span::call_site()), Clone::clone)
    };
    Ok(match (kind.to_string().as_str(), view) {
        ("Created", Some(view)) => {
            let text = of(description(&view));
            quote!((status = 201, description = #text, body = #view, headers(("Location" = String, description = "The path of what was created."))))
        }
        ("Done", Some(view)) => {
            let text = of(description(&view));
            if attribute.is_savvis() {
                quote!((status = 200, description = #text, content((#view = "application/json"), (#view = "application/xml"))))
            } else {
                quote!((status = 200, description = #text, body = #view))
            }
        }
        ("Accepted", Some(view)) => {
            let text = of(description(&view));
            quote!((status = 202, description = #text, body = #view))
        }
        ("Listed", Some(view)) => {
            let name = named(&view).map(|(name, _)| words(&name.to_string()));
            let text = of(format!(
                "One page of {}.",
                plural(&name.unwrap_or_default())
            ));
            quote!((status = 200, description = #text, body = ::api::List<#view>))
        }
        ("NoContent", None) => {
            let text = of("It is done. There is no body.".to_owned());
            quote!((status = 204, description = #text))
        }
        ("Pdf", None) => {
            let body = quote!(inline(::api::FileBytes));
            file(&of("The PDF.".to_owned()), "application/pdf", &body)
        }
        ("Csv", None) => file(&of("The rows.".to_owned()), "text/csv", &quote!(String)),
        _ => return Err(wrong(output)),
    })
}

fn file(description: &LitStr, content_type: &str, body: &TokenStream) -> TokenStream {
    quote! {(
        status = 200, description = #description, content_type = #content_type, body = #body,
        headers(("Content-Disposition" = String, description = "`inline`, with the file's name."))
    )}
}

/// What stands in `responses(…)`: what the attribute says, or what the signature does.
fn responses(
    attribute: &Attribute,
    handler: &ItemFn,
    contract: &Ident,
) -> syn::Result<TokenStream> {
    let said = attribute.other.iter().find(|(key, _)| key == "responses");
    if let Some((_, said)) = said {
        return Ok(said.clone());
    }
    let success = success(handler, attribute)?;
    let declined = attribute.declined.iter().map(|text| {
        quote! {
            (status = 402, description = #text, body = ::api::dialect::rocketsavvy::ProblemDetails,
                content_type = "application/problem+json"),
        }
    });
    Ok(quote!(#success, #(#declined)* #contract))
}

/// In v3 nothing is ignored: an operation without a query refuses every parameter, and one without a body every field.
fn refuse_what_is_not_taken(handler: &mut ItemFn, body: bool, query: bool) {
    if !query {
        // After the key, which is asked for first.
        let before = |argument: &FnArg| match argument {
            FnArg::Typed(argument) => named(&argument.ty).is_some_and(|(name, _)| name == "Costs"),
            FnArg::Receiver(_) => false,
        };
        let inputs = &handler.sig.inputs;
        let place = inputs
            .iter()
            .take_while(|argument| before(argument))
            .count();
        let place = place.saturating_add(1).min(inputs.len());
        let nothing = syn::parse_quote!(_: ::api::Query<()>);
        handler.sig.inputs.insert(place, nothing);
    }
    if !body {
        handler
            .sig
            .inputs
            .push(syn::parse_quote!(_: ::api::Json<()>));
    }
}

/// The handler with its description, which `utoipa_axum::routes!` finds.
pub(crate) fn expand(attribute: &Attribute, mut handler: ItemFn) -> syn::Result<TokenStream> {
    let arguments = Arguments::read(&handler);
    let contract = format_ident!("__contract_{}", handler.sig.ident);
    let (method, path) = (&attribute.method, &attribute.path);
    let tag = attribute.tag.iter().map(|tag| quote!(tag = #tag,));
    let cost = arguments.cost.as_ref();
    let extensions = cost.map(|cost| quote!(extensions(("x-rate-limit-cost" = json!(#cost))),));
    let extensions = extensions.iter();
    let cost = cost.map_or_else(|| quote!(1), |cost| quote!(#cost));
    let other = attribute
        .other
        .iter()
        .filter(|(key, _)| key != "responses")
        .map(|(key, content)| quote!(#key(#content),));
    let body = attribute.request_body(&arguments).into_iter();
    let query = arguments.query.iter();
    let params = (!attribute.says("params")).then(|| quote!(params(#contract, #(#query),*),));
    let responses = responses(attribute, &handler, &contract)?;
    let below = arguments.path.unwrap_or_else(|| syn::parse_quote!(()));
    let text = method.to_string();
    let (has_body, has_query, has_key) = (
        arguments.body.is_some(),
        arguments.query.is_some(),
        arguments.key,
    );
    if attribute.path.value().starts_with("/v3/") {
        refuse_what_is_not_taken(&mut handler, has_body || text == "get", has_query);
    }
    Ok(quote! {
        #[doc(hidden)]
        #[allow(non_camel_case_types, reason = "it is named after the handler")]
        pub(crate) struct #contract;

        impl ::utoipa::IntoParams for #contract {
            fn into_params(
                _parameter_in: impl Fn() -> ::std::option::Option<::utoipa::openapi::path::ParameterIn>,
            ) -> ::std::vec::Vec<::utoipa::openapi::path::Parameter> {
                ::api::operation::path_parameters::<#below>(#path)
            }
        }

        impl ::utoipa::IntoResponses for #contract {
            fn responses() -> ::std::collections::BTreeMap<
                ::std::string::String,
                ::utoipa::openapi::RefOr<::utoipa::openapi::Response>,
            > {
                ::api::operation::Signature {
                    method: #text,
                    path: #path,
                    body: #has_body,
                    query: #has_query,
                    key: #has_key,
                    cost: #cost,
                }
                .errors()
            }
        }

        #[::utoipa::path(#method, path = #path, #(#tag)* #(#extensions)* #(#other)* #(#body)* #params responses(#responses))]
        #handler
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_words() {
        for (name, one, many) in [
            ("Customer", "customer", "customers"),
            ("PaymentMethod", "payment method", "payment methods"),
            ("UsageEntry", "usage entry", "usage entries"),
            ("ApiKey", "api key", "api keys"),
        ] {
            assert_eq!(words(name), one);
            assert_eq!(plural(&words(name)), many);
        }
    }
}
