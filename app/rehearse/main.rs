//! Both parties in one page.

fn main() {
    tacit_app::rehearsal();
}
