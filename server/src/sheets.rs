//! Tables that people keep: read from xlsx and CSV files, written to both. A file is measured before it is believed, because a small
//! one can be made to unfold into gigabytes.

use std::borrow::Cow;
use std::io::{Cursor, Read, sink};

use calamine::{Data, DataRef, Reader, Xlsx};
use domain::receivable::Line;
use encoding_rs::GB18030;
use rust_xlsxwriter::{Format, Workbook, XlsxError};
use zip::ZipArchive;

/// The largest file that is read.
pub const MOST_BYTES: usize = 2 * 1024 * 1024;

/// The most rows of a file, its heading not counted.
pub const MOST_ROWS: usize = 2_000;

/// The most that an xlsx file may unfold into.
const MOST_UNFOLDED: u64 = 32 * 1024 * 1024;

/// The most files within an xlsx file.
const MOST_PARTS: usize = 200;

/// Columns beyond these are passed over.
const MOST_COLUMNS: usize = 40;

/// The longest cell that is kept, in characters.
const MOST_CELL_CHARS: usize = 400;

/// Why a file is no table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SheetError {
    /// It is larger than what is read, or would unfold into more.
    #[error("too large")]
    TooLarge,
    /// It has more rows than are read.
    #[error("too many rows")]
    TooManyRows,
    /// It is neither xlsx nor a text in UTF-8 or GB18030.
    #[error("not a table")]
    NotATable,
}

/// A format of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// Comma-separated text.
    Csv,
    /// A spreadsheet.
    Xlsx,
}

impl FileKind {
    /// The kind that a file's ending names.
    pub fn of_ending(ending: &str) -> Option<FileKind> {
        match ending {
            "csv" => Some(FileKind::Csv),
            "xlsx" => Some(FileKind::Xlsx),
            _ => None,
        }
    }

    /// Its media type.
    pub const fn mime(self) -> &'static str {
        match self {
            FileKind::Csv => "text/csv; charset=utf-8",
            FileKind::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }
}

/// Reads the first sheet of a file.
///
/// # Errors
/// [`SheetError`].
pub fn read(bytes: &[u8]) -> Result<Vec<Line>, SheetError> {
    match bytes {
        _ if bytes.len() > MOST_BYTES => Err(SheetError::TooLarge),
        [b'P', b'K', ..] => read_xlsx(bytes),
        _ => read_csv(&text(bytes)?),
    }
}

/// The text of a file: UTF-8, with or without its mark, or GB18030, in which Chinese spreadsheets save.
fn text(bytes: &[u8]) -> Result<Cow<'_, str>, SheetError> {
    let bytes = bytes.strip_prefix(&[0xEF, 0xBB, 0xBF]).unwrap_or(bytes);
    let found = match std::str::from_utf8(bytes) {
        Ok(text) => Some(Cow::Borrowed(text)),
        Err(_) => GB18030.decode_without_bom_handling_and_without_replacement(bytes),
    };
    found.filter(|text| !text.contains('\0')).ok_or(SheetError::NotATable)
}

fn read_csv(text: &str) -> Result<Vec<Line>, SheetError> {
    // Lines are counted by their ends, and the reader counts only one of the two marks that end one in most files.
    let text = text.replace("\r\n", "\n");
    let first = text.lines().next().unwrap_or_default();
    let count = |mark: u8| first.bytes().filter(|byte| *byte == mark).count();
    let delimiter = [b',', b'\t', b';'].into_iter().max_by_key(|mark| (count(*mark), *mark == b',')).unwrap_or(b',');
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(text.as_bytes());
    let mut lines = vec![];
    for record in reader.records() {
        let record = record.map_err(|_| SheetError::NotATable)?;
        if lines.len() > MOST_ROWS {
            return Err(SheetError::TooManyRows);
        }
        let no = record.position().and_then(|place| usize::try_from(place.line()).ok()).unwrap_or(lines.len() + 1);
        lines.push(Line { no, cells: record.iter().take(MOST_COLUMNS).map(short).collect() });
    }
    Ok(lines)
}

fn read_xlsx(bytes: &[u8]) -> Result<Vec<Line>, SheetError> {
    measure(bytes)?;
    let not = |_| SheetError::NotATable;
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(not)?;
    let sheet = book.sheet_names().first().cloned().ok_or(SheetError::NotATable)?;
    // Cell by cell, because a single cell in the last corner would make a table of all sizes in between.
    let mut cells = book.worksheet_cells_reader(&sheet).map_err(not)?;
    let mut lines: Vec<Line> = vec![];
    while let Some(cell) = cells.next_cell().map_err(not)? {
        let (row, column) = cell.get_position();
        let (no, column) = (row as usize + 1, column as usize);
        let Some(said) = said(cell.get_value()).filter(|_| column < MOST_COLUMNS) else { continue };
        if lines.last().is_none_or(|line| line.no != no) {
            if lines.len() > MOST_ROWS {
                return Err(SheetError::TooManyRows);
            }
            lines.push(Line { no, cells: vec![] });
        }
        if let Some(line) = lines.last_mut() {
            line.cells.resize(line.cells.len().max(column + 1), String::new());
            line.cells[column] = said;
        }
    }
    Ok(lines)
}

/// Unfolds everything once, to nowhere and only so far: what a file says of its own size may be a lie.
fn measure(bytes: &[u8]) -> Result<(), SheetError> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| SheetError::NotATable)?;
    if archive.len() > MOST_PARTS {
        return Err(SheetError::TooLarge);
    }
    let mut left = MOST_UNFOLDED;
    for at in 0..archive.len() {
        let part = archive.by_index(at).map_err(|_| SheetError::NotATable)?;
        let unfolded = std::io::copy(&mut part.take(left + 1), &mut sink()).map_err(|_| SheetError::NotATable)?;
        left = left.checked_sub(unfolded).ok_or(SheetError::TooLarge)?;
    }
    Ok(())
}

/// A cell as it reads; `None` when it is empty.
fn said(value: &DataRef<'_>) -> Option<String> {
    match value {
        DataRef::Empty => None,
        DataRef::String(text) => Some(short(text)),
        DataRef::SharedString(text) => Some(short(text)),
        DataRef::Bool(is_true) => Some(u8::from(*is_true).to_string()),
        DataRef::DateTime(moment) if moment.is_datetime() => {
            let (year, month, day, ..) = moment.to_ymd_hms_milli();
            Some(format!("{year:04}-{month:02}-{day:02}"))
        }
        other => Some(short(&Data::from(other.clone()).to_string())),
    }
}

fn short(text: &str) -> String {
    text.trim().chars().take(MOST_CELL_CHARS).collect()
}

/// A cell to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Text.
    Text(String),
    /// An amount in yuan.
    Amount(domain::Fen),
}

/// Writes a table whose first row is its heading.
///
/// # Errors
/// When the writer fails, which it does for no table of ours.
pub fn write(kind: FileKind, heading: &[String], rows: &[Vec<Cell>]) -> Result<Vec<u8>, SheetError> {
    match kind {
        FileKind::Csv => write_csv(heading, rows),
        FileKind::Xlsx => write_xlsx(heading, rows).map_err(|_| SheetError::NotATable),
    }
}

fn write_csv(heading: &[String], rows: &[Vec<Cell>]) -> Result<Vec<u8>, SheetError> {
    // The mark tells spreadsheets that it is UTF-8.
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(vec![0xEF, 0xBB, 0xBF]);
    writer.write_record(heading.iter().map(|words| harmless(words).into_owned())).map_err(|_| SheetError::NotATable)?;
    for row in rows {
        let cells = row.iter().map(|cell| match cell {
            Cell::Text(text) => harmless(text).into_owned(),
            Cell::Amount(amount) => amount.yuan(),
        });
        writer.write_record(cells).map_err(|_| SheetError::NotATable)?;
    }
    writer.into_inner().map_err(|_| SheetError::NotATable)
}

/// Text that a spreadsheet would take for a formula gets a quotation mark before it, as OWASP advises.
fn harmless(text: &str) -> Cow<'_, str> {
    match text.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r' | '＝' | '＋' | '－' | '＠') => Cow::Owned(format!("'{text}")),
        _ => Cow::Borrowed(text),
    }
}

fn write_xlsx(heading: &[String], rows: &[Vec<Cell>]) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let (bold, money) = (Format::new().set_bold(), Format::new().set_num_format("#,##0.00"));
    let sheet = book.add_worksheet();
    for (column, words) in (0_u16..).zip(heading) {
        sheet.write_string_with_format(0, column, words, &bold)?;
        sheet.set_column_width(column, 16)?;
    }
    for (line, row) in (1_u32..).zip(rows) {
        for (column, cell) in (0_u16..).zip(row) {
            match cell {
                // Always as text: a formula is nothing but its characters.
                Cell::Text(text) => sheet.write_string(line, column, text)?,
                // A spreadsheet knows binary numbers only; read from the decimal digits it is the nearest one, which shows the same.
                Cell::Amount(amount) => {
                    let number = amount.yuan().parse::<serde_json::Number>().ok().and_then(|number| number.as_f64());
                    sheet.write_number_with_format(line, column, number.unwrap_or_default(), &money)?
                }
            };
        }
    }
    sheet.set_freeze_panes(1, 0)?;
    book.save_to_buffer()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(bytes: &[u8]) -> Vec<Vec<String>> {
        read(bytes).unwrap().into_iter().map(|line| line.cells).collect()
    }

    #[test]
    fn a_table_is_read_in_whatever_way_it_was_saved() {
        let expected = vec![vec!["姓名".to_owned(), "金额".to_owned()], vec!["张三".to_owned(), "1,200.50".to_owned()]];
        let utf8 = "姓名,金额\r\n张三,\"1,200.50\"\r\n";
        let marked = format!("\u{FEFF}{utf8}");
        let (gb18030, _, _) = GB18030.encode(utf8);
        let tabs = "姓名\t金额\n张三\t1,200.50\n";
        for bytes in [utf8.as_bytes(), marked.as_bytes(), &gb18030, tabs.as_bytes()] {
            assert_eq!(rows(bytes), expected);
        }
    }

    #[test]
    fn what_is_written_is_read_again_and_calculates_nothing() {
        let table = [
            vec![Cell::Text("=1+1".into()), Cell::Amount(domain::Fen::of(120_050))],
            vec![Cell::Text("张三".into()), Cell::Amount(domain::Fen::of(7))],
        ];
        for kind in [FileKind::Csv, FileKind::Xlsx] {
            let bytes = write(kind, &["姓名".to_owned(), "金额".to_owned()], &table).unwrap();
            let first = if kind == FileKind::Csv { "'=1+1" } else { "=1+1" };
            let read = rows(&bytes);
            assert_eq!(read[0], ["姓名", "金额"]);
            assert_eq!(read[1][0], first);
            let amounts: Vec<_> = read[1..].iter().map(|row| domain::Fen::parse_yuan(&row[1]).unwrap().get()).collect();
            assert_eq!(amounts, [120_050, 7]);
        }
    }

    #[test]
    fn a_file_that_is_too_large_or_unfolds_too_far_is_refused() {
        assert_eq!(read(&vec![b'a'; MOST_BYTES + 1]), Err(SheetError::TooLarge));
        assert_eq!(read(&b"a\n".repeat(MOST_ROWS + 2)), Err(SheetError::TooManyRows));
        assert_eq!(read(b"PK\x03\x04 nothing"), Err(SheetError::NotATable));
        assert_eq!(read(&[0xFF, 0xFE, 0, 0, 1]), Err(SheetError::NotATable));
        let mut bomb = zip::ZipWriter::new(Cursor::new(vec![]));
        bomb.start_file("xl/sharedStrings.xml", zip::write::SimpleFileOptions::default()).unwrap();
        let zeros = vec![0_u8; 1024 * 1024];
        for _ in 0..33 {
            std::io::Write::write_all(&mut bomb, &zeros).unwrap();
        }
        let bomb = bomb.finish().unwrap().into_inner();
        assert!(bomb.len() < 100_000);
        assert_eq!(read(&bomb), Err(SheetError::TooLarge));
    }
}
