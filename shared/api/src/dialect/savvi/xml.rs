//! XML. Nothing is expanded but the five built-in entities and characters by number; a DTD is refused before anything else.

use std::collections::BTreeMap;

use models::Result;
use quick_xml::Reader;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};

use super::form::refuse;
use super::tree::Tree;

/// Elements in each other, the root included.
const MAX_DEEP: usize = 32;

/// An element that is being read.
#[derive(Default)]
struct Element {
    name: String,
    text: String,
    members: BTreeMap<String, Tree>,
    /// What a list contains, whatever its elements are called.
    items: Vec<Tree>,
    /// `type="array"`, as Rails marks a list.
    array: bool,
    /// `nil="true"`, as Rails marks what is absent.
    nil: bool,
}

impl Element {
    fn open(tag: &BytesStart<'_>) -> Self {
        let has = |name: &str, values: &[&str]| {
            tag.attributes()
                .filter_map(std::result::Result::ok)
                .any(|attribute| {
                    attribute.key.local_name().as_ref() == name
                        && values.contains(&&*attribute.value)
                })
        };
        Self {
            // Rails writes dashes where the fields have underscores.
            name: tag.local_name().as_ref().replace('-', "_"),
            array: has("type", &["array"]),
            nil: has("nil", &["true", "1"]),
            ..Self::default()
        }
    }

    /// What it says; `None` where that is nothing.
    fn value(self) -> Option<Tree> {
        if self.nil {
            return None;
        }
        if !self.items.is_empty() {
            return Some(Tree::List(self.items));
        }
        if !self.members.is_empty() {
            return Some(Tree::Map(self.members));
        }
        let empty = self.text.trim().is_empty();
        (!empty).then_some(Tree::Text(self.text))
    }
}

/// The root's name and what it says. Errors where it is no XML, has a DTD, or is too deep.
pub(super) fn decode(bytes: &[u8]) -> Result<Tree> {
    let text = std::str::from_utf8(bytes).or(Err(refuse("is not in UTF-8")))?;
    let text = text.trim();
    let mut reader = Reader::from_str(text);
    let mut open: Vec<Element> = Vec::new();
    let mut root = None;
    loop {
        let event = reader
            .read_event()
            .map_err(|_error| refuse("is not well-formed XML"))?;
        match event {
            Event::DocType(_) => return Err(refuse("must not have a document type")),
            Event::Start(tag) => {
                if open.len() >= MAX_DEEP || root.is_some() {
                    return Err(refuse("is too deep, or has two roots"));
                }
                open.push(Element::open(&tag));
            }
            Event::Empty(tag) => {
                if root.is_some() {
                    return Err(refuse("is too deep, or has two roots"));
                }
                close(Element::open(&tag), &mut open, &mut root);
            }
            Event::End(_) => {
                if let Some(element) = open.pop() {
                    close(element, &mut open, &mut root);
                }
            }
            Event::Text(text) => add(&mut open, &text)?,
            Event::CData(text) => add(&mut open, &text)?,
            Event::GeneralRef(reference) => add(&mut open, &character(&reference)?)?,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::Eof => break,
        }
    }
    root.filter(|_| open.is_empty())
        .ok_or_else(|| refuse("is not well-formed XML"))
}

fn close(element: Element, open: &mut [Element], root: &mut Option<Tree>) {
    let name = element.name.clone();
    let value = element.value();
    if let Some(parent) = open.last_mut() {
        // The last of several wins, and an empty one takes nothing away.
        if let Some(value) = value {
            if parent.array {
                parent.items.push(value);
                return;
            }
            parent.members.insert(name, value);
        }
        return;
    }
    *root = Some(match value {
        Some(value) if name == "user" => Tree::Map(BTreeMap::from([(name, value)])),
        Some(value @ Tree::Map(_)) => value,
        Some(_) | None => Tree::default(),
    });
}

fn add(open: &mut [Element], text: &str) -> Result<()> {
    match open.last_mut() {
        Some(element) => element.text.push_str(text),
        None if text.trim().is_empty() => {}
        None => return Err(refuse("is not well-formed XML")),
    }
    Ok(())
}

/// What a reference stands for. Errors where that is none of the five entities, and no character.
fn character(reference: &BytesRef<'_>) -> Result<String> {
    let wrong = || refuse("refers to an entity that does not exist");
    match reference.resolve_char_ref() {
        Ok(Some(character)) => Ok(character.to_string()),
        Ok(None) => resolve_xml_entity(reference)
            .map(str::to_owned)
            .ok_or_else(wrong),
        Err(_) => Err(wrong()),
    }
}
