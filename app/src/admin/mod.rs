//! The administrator's pages: plain documents that the server renders from plain data, with forms that post. No program.

mod frame;
mod manager;
mod managers;
mod register;
mod sign_in;

pub use frame::{AdminShell, Section, Signed, missing_page};
pub use manager::{LetterLine, ManagerPage, Said, Typed, manager_page};
pub use managers::{ManagerLine, ManagersPage, Standing, managers_page};
pub use register::{FormChoice, RegisterPage, RegisterRefusal, first_code_name, register_page};
pub use sign_in::{AdminSignIn, AdminWhy, sign_in_page};
