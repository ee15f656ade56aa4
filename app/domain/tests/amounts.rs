//! The table of typed amounts that the server's rule and the browser's script (`end2end/unit/pay_amount.test.mjs`) both pass.

use domain::Fen;

#[test]
fn the_shared_table_of_typed_amounts_holds() {
    let rows: Vec<(String, serde_json::Value)> = serde_json::from_str(include_str!("amounts.json")).unwrap();
    for (typed, expected) in rows {
        let found = match Fen::parse_yuan(&typed) {
            Ok(amount) => serde_json::json!(amount.get()),
            Err(why) => serde_json::json!(format!("{why:?}")),
        };
        assert_eq!(found, expected, "{typed:?}");
    }
}
