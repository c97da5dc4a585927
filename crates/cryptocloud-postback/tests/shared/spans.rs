//! The spans of this thread, as a tracing backend gets them.

use std::{
    cell::RefCell,
    fmt::{Debug, Write},
    sync::Once,
};

use tracing::{
    Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{
    Layer,
    layer::{Context, SubscriberExt},
    registry::LookupSpan,
    util::SubscriberInitExt,
};

thread_local! {
    static CLOSED: RefCell<Vec<Closed>> = const { RefCell::new(Vec::new()) };
}

/// A span that has ended.
#[derive(Debug)]
pub(crate) struct Closed {
    /// Its name and the fields that were recorded, each as ` name=value`.
    pub(crate) text: String,
    /// The name of the span around it.
    pub(crate) parent: Option<&'static str>,
    /// All fields that it can have.
    pub(crate) fields: Vec<&'static str>,
}

struct Spans;

/// Collects spans in the whole process, since tracing caches which spans have no subscriber.
pub(crate) fn start() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| tracing_subscriber::registry().with(Spans).init());
}

/// The spans of this thread that ended since the last call.
pub(crate) fn closed() -> Vec<Closed> {
    CLOSED.take()
}

struct Recorded(String);

impl Visit for Recorded {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = write!(self.0, " {field}={value:?}");
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Spans {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            let mut recorded = Recorded(span.name().to_owned());
            attributes.record(&mut recorded);
            span.extensions_mut().insert(recorded);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(recorded) = span.extensions_mut().get_mut::<Recorded>()
        {
            values.record(recorded);
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else {
            return;
        };
        let text = span.extensions_mut().remove::<Recorded>().map(|it| it.0);
        CLOSED.with_borrow_mut(|closed| {
            closed.push(Closed {
                text: text.unwrap_or_default(),
                parent: span.parent().map(|parent| parent.name()),
                fields: span.fields().iter().map(|field| field.name()).collect(),
            });
        });
    }
}
