use super::code::codes;

codes! {
    /// The status of a postback, and of `invoice_info.invoice_status`.
    ///
    /// `success` does not mean paid in full: a project can confirm partial payments automatically,
    /// an operator can confirm by hand, and an overpayment arrives as `success` too.
    ///
    /// # Examples
    ///
    /// ```
    /// use cryptocloud_postback::Status;
    ///
    /// assert_eq!(Status::parse("success")?, Status::Success);
    /// assert_eq!(Status::parse("refunded")?, "refunded");
    /// # Ok::<_, cryptocloud_postback::CodeError>(())
    /// ```
    pub enum Status {
        Success = "success",
    }
}

codes! {
    /// The status of an invoice, in `invoice_info.status`.
    ///
    /// # Examples
    ///
    /// ```
    /// use cryptocloud_postback::InvoiceStatus;
    ///
    /// assert_eq!("overpaid".parse(), Ok(InvoiceStatus::Overpaid));
    /// ```
    pub enum InvoiceStatus {
        Created = "created",
        Paid = "paid",
        ///
        /// Less was paid than the invoice asks for.
        Partial = "partial",
        ///
        /// More was paid than the invoice asks for.
        Overpaid = "overpaid",
        Canceled = "canceled",
    }
}
