use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        ObjectBuilder, RefOr, Schema,
        schema::{SchemaType, Type},
    },
};

/// The schema of a postback in JSON. A handler gets a [`Postback`](crate::Postback) instead.
#[derive(Debug)]
pub enum PostbackJson {}

impl PartialSchema for PostbackJson {
    fn schema() -> RefOr<Schema> {
        let text = SchemaType::from_iter([Type::Null, Type::String]);
        let literal = SchemaType::from_iter([Type::Null, Type::Number, Type::String]);
        let info = of_type(SchemaType::AnyValue).description(Some(
            "What the vendor knows about the invoice, an object. It is not signed.",
        ));
        postback(text, literal)
            .description(Some("A postback in JSON."))
            .property("invoice_info", info)
            .into()
    }
}

impl ToSchema for PostbackJson {}

/// The schema of a postback as a form. A handler gets a [`Postback`](crate::Postback) instead.
#[derive(Debug)]
pub enum PostbackForm {}

impl PartialSchema for PostbackForm {
    fn schema() -> RefOr<Schema> {
        postback(Type::String.into(), Type::String.into())
            .description(Some(
                "A postback as a form, in which an empty field is a missing one.",
            ))
            .into()
    }
}

impl ToSchema for PostbackForm {}

/// The fields of both formats; `text` and `literal` are the types of those that may be missing.
fn postback(text: SchemaType, literal: SchemaType) -> ObjectBuilder {
    let required = || of_type(Type::String).min_length(Some(1));
    let status = required()
        .description(Some("The vendor documents no other status."))
        .enum_values(Some(["success"]));
    let invoice_id = required()
        .description(Some("The invoice, without the prefix `INV-`."))
        .examples(["ILRAJE1Q"])
        .max_length(Some(128));
    let amount_crypto = of_type(literal.clone())
        .description(Some("The paid amount in `currency`, exactly."))
        .examples(["0.000113"])
        .minimum(Some(0))
        .pattern(Some(r"^([0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?)?$"));
    let currency = of_type(text)
        .description(Some("The code of the currency."))
        .examples(["BNB"])
        .max_length(Some(64));
    let order_id = of_type(literal)
        .description(Some("The merchant's own number."))
        .examples(["ORDER_93223"])
        .max_length(Some(1_024));
    let token = required()
        .description(Some(
            "A JWT (HS256), signed with the project's secret, that proves the invoice.",
        ))
        .max_length(Some(2_048));
    ObjectBuilder::new()
        .property("status", status)
        .property("invoice_id", invoice_id)
        .property("amount_crypto", amount_crypto)
        .property("currency", currency)
        .property("order_id", order_id)
        .property("token", token)
        .required("status")
        .required("invoice_id")
        .required("token")
}

fn of_type(schema_type: impl Into<SchemaType>) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(schema_type)
}
