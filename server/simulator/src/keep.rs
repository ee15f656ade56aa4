//! Keeping the books in a file, so that a restarted demo still knows its orders.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::agenda::Task;
use crate::notices::{NoticeState, Twist};
use crate::orders::Books;
use crate::refunds::RefundState;
use crate::world::{Shared, World};

/// Changes that come together are written together.
const SETTLE: Duration = Duration::from_millis(200);

/// Reads the books of an earlier run; empty ones when there are none. Refuses a file that is not ours instead of writing over it.
pub(crate) fn read_books(dir: &Path) -> Result<Books, String> {
    let path = books_file(dir);
    match std::fs::read(&path) {
        Ok(text) => serde_json::from_slice(&text).map_err(|error| format!("{}: {error}", path.display())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Books::default()),
        Err(error) => Err(format!("{}: {error}", path.display())),
    }
}

/// Puts back on the agenda what an earlier run left undone.
pub(crate) fn resume(world: &World) {
    let books = world.books();
    for refund in books.refunds.values().filter(|refund| refund.state == RefundState::Processing) {
        world.agenda.add(refund.due_ms, Task::FinishRefund(refund.out_refund_no.clone()));
    }
    let held: Vec<_> = books.held.values().flatten().collect();
    for notice in books.notices.values().filter(|notice| notice.state == NoticeState::Waiting && !held.contains(&&notice.id)) {
        world.agenda.add(world.now_ms(), Task::Deliver { id: notice.id.clone(), twist: Twist::None, copies: 0, probe: false });
    }
}

/// Writes the books after every change, but never spends more than a tenth of the time on it.
pub(crate) async fn keep_books(world: Shared) {
    let Some(dir) = world.dir.clone() else { return };
    loop {
        world.changed.notified().await;
        tokio::time::sleep(SETTLE).await;
        let begun = Instant::now();
        let (world, dir) = (world.clone(), dir.clone());
        let written = tokio::task::spawn_blocking(move || write_books(&world, &dir)).await;
        if let Ok(Err(error)) = written {
            tracing::error!(%error, "the books could not be written");
        }
        tokio::time::sleep(begun.elapsed() * 9).await;
    }
}

/// Writes beside and renames, so that a half-written file never takes the place of a whole one.
pub(crate) fn write_books(world: &World, dir: &Path) -> std::io::Result<()> {
    let text = serde_json::to_vec(&*world.books())?;
    let path = books_file(dir);
    let beside = path.with_extension("json.new");
    std::fs::write(&beside, text)?;
    std::fs::rename(beside, path)
}

fn books_file(dir: &Path) -> PathBuf {
    dir.join("books.json")
}
