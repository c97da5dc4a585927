//! The contract on SQLite.

use driver_contract::SqliteShop;
use driver_rusqlite::Orders;

driver_contract::tests!(SqliteShop, Orders::connect);
