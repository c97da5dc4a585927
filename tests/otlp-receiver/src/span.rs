use std::collections::BTreeMap;

use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{KeyValue, any_value::Value},
    trace::v1,
};

/// A span that has ended. Ids are in lower-case hexadecimal.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "only tests read it")]
pub struct Span {
    /// The name of the service that sent it.
    pub service: String,
    /// Its trace.
    pub trace_id: String,
    /// Its id.
    pub span_id: String,
    /// The id of the span around it; `None` if the trace begins with it.
    pub parent_id: Option<String>,
    /// What it carries of other tracing systems, as in the header `tracestate`.
    pub trace_state: String,
    /// Its name.
    pub name: String,
    /// Its fields.
    pub attributes: BTreeMap<String, String>,
    /// The spans of other traces that it is about.
    pub links: Vec<Link>,
}

/// A reference to a span.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "only tests read it")]
pub struct Link {
    /// Its trace.
    pub trace_id: String,
    /// Its id.
    pub span_id: String,
}

impl Span {
    /// A field.
    #[must_use]
    pub fn get(&self, field: &str) -> Option<&str> {
        self.attributes.get(field).map(String::as_str)
    }
}

/// All spans of a request.
pub(crate) fn all(request: ExportTraceServiceRequest) -> Vec<Span> {
    let mut all = Vec::new();
    for resource in request.resource_spans {
        let service = resource.resource.map(|it| attributes(it.attributes));
        let service = service.and_then(|mut it| it.remove("service.name"));
        let service = service.unwrap_or_default();
        let scopes = resource.scope_spans.into_iter();
        let spans = scopes.flat_map(|scope| scope.spans);
        all.extend(spans.map(|span| read(&service, span)));
    }
    all
}

fn read(service: &str, span: v1::Span) -> Span {
    let links = span.links.into_iter().map(|link| Link {
        trace_id: hex(&link.trace_id),
        span_id: hex(&link.span_id),
    });
    let has_parent = !span.parent_span_id.is_empty();
    Span {
        service: service.to_owned(),
        trace_id: hex(&span.trace_id),
        span_id: hex(&span.span_id),
        parent_id: has_parent.then(|| hex(&span.parent_span_id)),
        trace_state: span.trace_state,
        name: span.name,
        attributes: attributes(span.attributes),
        links: links.collect(),
    }
}

fn attributes(pairs: Vec<KeyValue>) -> BTreeMap<String, String> {
    let read = |pair: KeyValue| {
        let text = match pair.value.and_then(|value| value.value) {
            Some(Value::BoolValue(value)) => value.to_string(),
            Some(Value::DoubleValue(value)) => value.to_string(),
            Some(Value::IntValue(value)) => value.to_string(),
            Some(Value::StringValue(value)) => value,
            value => format!("{value:?}"),
        };
        (pair.key, text)
    };
    pairs.into_iter().map(read).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
