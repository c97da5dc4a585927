use cryptocloud_postback::{Amount, InvoiceInfo, OffsetDateTime, Postback};
use serde::Serialize;
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;

/// The fields of a postback. Amounts are strings in JSON, so that no reader turns them into floats.
///
/// The token signs only the invoice.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Payload {
    format: String,
    status: String,
    invoice_id: String,
    pub(crate) amount_crypto: Option<Amount>,
    pub(crate) currency: Option<String>,
    pub(crate) order_id: Option<String>,
    /// The fields that matter to a merchant.
    invoice_info: Option<Value>,
    /// What is odd about `invoice_info`; it never refuses a postback.
    notes: Vec<String>,
}

impl Payload {
    pub(crate) fn of(postback: &Postback) -> Self {
        let info = postback.invoice_info();
        let mut notes = Vec::new();
        if postback.uuid_differs() {
            notes.push("invoice_info.uuid names another invoice".to_owned());
        }
        for name in info.as_ref().map_or(&[][..], InvoiceInfo::faults) {
            notes.push(match *name {
                "invoice_info" => "invoice_info is not an object".to_owned(),
                name => format!("invoice_info.{name} cannot be read"),
            });
        }
        Self {
            format: postback.format().to_string(),
            status: postback.status.to_string(),
            invoice_id: postback.invoice_id.to_string(),
            amount_crypto: postback.amount_crypto,
            currency: postback.currency.as_ref().map(ToString::to_string),
            order_id: postback.order_id.as_deref().map(Into::into),
            invoice_info: info.map(fields),
            notes,
        }
    }
}

fn fields(info: InvoiceInfo) -> Value {
    let network = info.currency.and_then(|currency| currency.network);
    let time = |time: Option<OffsetDateTime>| time?.format(&Rfc3339).ok();
    json!({
        "address": info.address,
        "amount": info.amount,
        "amount_in_fiat": info.amount_in_fiat,
        "amount_paid": info.amount_paid,
        "amount_paid_usd": info.amount_paid_usd,
        "amount_usd": info.amount_usd,
        "created": time(info.created),
        "date_finished": time(info.date_finished),
        "expiry_date": time(info.expiry_date),
        "fee": info.fee,
        "fiat_currency": info.fiat_currency,
        "invoice_status": info.invoice_status.map(|status| status.to_string()),
        "network": network.and_then(|network| network.fullname.or(network.code)),
        "project": info.project.and_then(|project| project.name),
        "received": info.received,
        "received_usd": info.received_usd,
        "service_fee": info.service_fee,
        "status": info.status.map(|status| status.to_string()),
        "test_mode": info.test_mode,
        "to_surcharge": info.to_surcharge,
        "tx_list": info.tx_list,
    })
}
