//! The bodies of a postback, as the vendor sends them.

use utoipa::ToSchema;

/// A postback in JSON.
///
/// It is only the schema of a request body; a handler gets a [`Postback`](crate::Postback).
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "only the schema is used")]
#[schema(description = "A postback in JSON.")]
pub struct PostbackJson {
    /// `success`; the vendor documents no other status.
    #[schema(example = "success", min_length = 1, max_length = 64)]
    status: String,
    /// The invoice, without the prefix `INV-`.
    #[schema(example = "ILRAJE1Q", min_length = 1, max_length = 128)]
    invoice_id: String,
    /// The paid amount in `currency`, as an exact decimal.
    #[schema(example = 0.000113, minimum = 0)]
    amount_crypto: Option<f64>,
    /// The code of the currency.
    #[schema(example = "BNB", max_length = 64)]
    currency: Option<String>,
    /// The merchant's own number.
    #[schema(example = "ORDER_93223", max_length = 1024)]
    order_id: Option<String>,
    /// A JWT, signed with the project's secret (HS256), that proves the invoice for five minutes.
    #[schema(max_length = 2048)]
    token: String,
    /// What the vendor knows about the invoice. It is not signed.
    #[schema(value_type = Option<Object>)]
    invoice_info: Option<()>,
}

/// A postback as a form, which has no `invoice_info`.
///
/// It is only the schema of a request body; a handler gets a [`Postback`](crate::Postback).
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "only the schema is used")]
#[schema(description = "A postback as a form, which has no `invoice_info`.")]
pub struct PostbackForm {
    /// `success`; the vendor documents no other status.
    #[schema(example = "success", min_length = 1, max_length = 64)]
    status: String,
    /// The invoice, without the prefix `INV-`.
    #[schema(example = "ILRAJE1Q", min_length = 1, max_length = 128)]
    invoice_id: String,
    /// The paid amount in `currency`, as an exact decimal. Empty if there is none.
    #[schema(
        example = "0.000113",
        pattern = r"^([0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?)?$"
    )]
    #[schema(required = false)]
    amount_crypto: String,
    /// The code of the currency. Empty if there is none.
    #[schema(example = "BNB", max_length = 64, required = false)]
    currency: String,
    /// The merchant's own number. Empty if there is none.
    #[schema(example = "ORDER_93223", max_length = 1024, required = false)]
    order_id: String,
    /// A JWT, signed with the project's secret (HS256), that proves the invoice for five minutes.
    #[schema(max_length = 2048)]
    token: String,
}
