use std::collections::{BTreeMap, BTreeSet};

use utoipa::{
    IntoResponses,
    openapi::{
        self, Content, Header, HeaderBuilder, ObjectBuilder, RefOr, ResponseBuilder, Responses,
        Type, extensions::Extensions,
    },
};

use crate::{ErrorKind, Response};

/// Documents these responses: for each status, its headers and its body.
///
/// A [`Response`] is static, so the schemas list every value that can occur.
#[must_use]
pub fn responses(responses: impl IntoIterator<Item = Response>) -> Responses {
    let mut by_status = BTreeMap::<u16, Vec<Response>>::new();
    for response in responses {
        let of_status = by_status.entry(response.status()).or_default();
        of_status.push(response);
    }
    by_status
        .into_iter()
        .map(|(status, responses)| (status.to_string(), of_status(&responses)))
        .collect()
}

/// Every response to a postback that is refused.
impl IntoResponses for ErrorKind {
    fn responses() -> BTreeMap<String, RefOr<openapi::Response>> {
        responses(Self::ALL.iter().map(|kind| kind.response())).into()
    }
}

fn of_status(responses: &[Response]) -> openapi::Response {
    let mut headers = Values::default();
    let mut fields = Values::default();
    for response in responses {
        for (name, value) in response.headers() {
            headers.entry(name).or_default().insert(value);
        }
        for (name, text) in read(response.body()) {
            fields.entry(name).or_default().insert(text);
        }
    }
    let texts: Vec<_> = fields.values().flatten().copied().collect();
    let mut documented = ResponseBuilder::new().description(texts.join("; "));
    for media_type in headers.remove("content-type").unwrap_or_default() {
        documented = documented.content(media_type, body(&fields));
    }
    for (name, values) in headers {
        let is_in =
            |response: &Response| response.headers().iter().any(|(other, _)| *other == name);
        documented = documented.header(name, header(&values, responses.iter().all(is_in)));
    }
    documented.build()
}

/// By its name, what a header or a field of a body can be.
type Values<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

/// The fields of a body: an object of strings without escapes, with the same names in one status.
fn read(body: &str) -> BTreeMap<&str, &str> {
    serde_json::from_str(body).unwrap_or_default()
}

fn body(fields: &Values<'_>) -> Content {
    let object = ObjectBuilder::new();
    let object = fields.iter().fold(object, |object, (name, texts)| {
        object.property(*name, one_of(texts)).required(*name)
    });
    Content::new(Some(object))
}

fn header(values: &BTreeSet<&str>, is_required: bool) -> Header {
    // utoipa knows no other way to set it.
    let required = Extensions::from_iter([("required", is_required)]);
    HeaderBuilder::new()
        .schema(Some(one_of(values)))
        .extensions(Some(required))
        .build()
}

fn one_of(values: &BTreeSet<&str>) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(values.iter().copied()))
}
