//! The page.

fn main() {
    tacit_app::page();
}
