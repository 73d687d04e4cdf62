//! The table of a comparison.

use comfy_table::{Table, presets};

use crate::load::Measured;

/// One measure: the server beside its limit.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) what: &'static str,
    pub(crate) ours: Measured,
    pub(crate) limit: Measured,
    /// Which share of the limit's rate is to be reached.
    pub(crate) target: f64,
    /// A rate of ours that is enough whatever the limit's is.
    pub(crate) enough: Option<f64>,
}

/// Prints the rows to standard output.
#[expect(clippy::print_stdout, reason = "this is what the command is for")]
pub(crate) fn print(rows: &[Row]) {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN);
    table.set_header(["measure", "ours/s", "P50", "P99", "limit/s", "ratio", "target", ""]);
    for Row { what, ours, limit, target, enough } in rows {
        let ratio = ours.rate / limit.rate;
        table.add_row([
            (*what).to_owned(),
            format!("{:.0}", ours.rate),
            format!("{:.2?}", ours.percentile(0.5)),
            format!("{:.2?}", ours.percentile(0.99)),
            format!("{:.0}", limit.rate),
            format!("{ratio:.2}"),
            enough.map_or_else(
                || format!("{target:.2}"),
                |enough| format!("{target:.2} or {enough:.0}/s"),
            ),
            if ratio >= *target || enough.is_some_and(|enough| ours.rate >= enough) {
                "pass"
            } else {
                "falls short"
            }
            .to_owned(),
        ]);
    }
    println!("{table}");
}
