//! The workbook that the platform gives back: the uploaded one, with its words beside each row that it refuses.

use std::collections::HashMap;
use std::io::Cursor;

use calamine::{Data, Reader, Rows, Xlsx};
use rust_xlsxwriter::{Workbook, XlsxError};

use super::workbook::sheet_of;

/// The column with the platform's words. Its real name is not in the public facts.
const WORDS: &str = "error";

/// The processed workbook; nothing for an upload that is none.
pub(super) fn workbook(uploaded: &[u8], errors: &[(usize, String)]) -> Option<Vec<u8>> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(uploaded)).ok()?;
    let name = sheet_of(&book.sheet_names())?;
    let sheet = book.worksheet_range(name).ok()?;
    let errors = errors.iter().map(|(row, why)| (*row, why.as_str())).collect();
    write(name, sheet.rows(), &errors).ok()
}

fn write(name: &str, rows: Rows<'_, Data>, errors: &HashMap<usize, &str>) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet().set_name(name)?;
    for ((row, number), cells) in (0..).zip(1..).zip(rows) {
        for (column, cell) in (0..).zip(cells) {
            match cell {
                Data::Empty => {}
                Data::Float(number) => drop(sheet.write_number(row, column, *number)?),
                other => drop(sheet.write_string(row, column, other.to_string())?),
            }
        }
        let words = if row == 0 { Some(&WORDS) } else { errors.get(&number) };
        if let (Some(words), Ok(column)) = (words, u16::try_from(cells.len())) {
            sheet.write_string(row, column, *words)?;
        }
    }
    book.save_to_buffer()
}
