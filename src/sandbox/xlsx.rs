//! A small workbook, written by hand so that the sandbox does not need the feature `xlsx`.

use std::fmt::Write as _;

use flate2::Crc;

/// A cell: text or a number as it is to be written.
#[derive(Debug, Clone, Copy)]
pub(super) enum Cell<'t> {
    Text(&'t str),
    #[cfg(test)]
    Number(&'t str),
}

/// The bytes of a workbook with these sheets, each a list of rows.
pub(super) fn write(sheets: &[(&str, Vec<Vec<Cell<'_>>>)]) -> Vec<u8> {
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let package = "http://schemas.openxmlformats.org/package/2006";
    let spreadsheet = "application/vnd.openxmlformats-officedocument.spreadsheetml";
    let (mut types, mut list, mut links) = (String::new(), String::new(), String::new());
    let mut parts = Vec::new();
    for (index, (name, rows)) in sheets.iter().enumerate() {
        let n = index + 1;
        _ = write!(
            types,
            r#"<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{spreadsheet}.worksheet+xml"/>"#
        );
        _ = write!(list, r#"<sheet name="{name}" sheetId="{n}" r:id="rId{n}"/>"#);
        _ = write!(
            links,
            r#"<Relationship Id="rId{n}" Type="{office}/worksheet" Target="worksheets/sheet{n}.xml"/>"#
        );
        let data =
            format!(r#"<worksheet xmlns="{main}"><sheetData>{}</sheetData></worksheet>"#, rows_xml(rows));
        parts.push((format!("xl/worksheets/sheet{n}.xml"), data));
    }
    parts.push(("[Content_Types].xml".to_owned(), format!(
        r#"<Types xmlns="{package}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="{spreadsheet}.sheet.main+xml"/>{types}</Types>"#
    )));
    parts.push(("_rels/.rels".to_owned(), format!(
        r#"<Relationships xmlns="{package}/relationships"><Relationship Id="rId1" Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>"#
    )));
    parts.push((
        "xl/workbook.xml".to_owned(),
        format!(r#"<workbook xmlns="{main}" xmlns:r="{office}"><sheets>{list}</sheets></workbook>"#),
    ));
    parts.push((
        "xl/_rels/workbook.xml.rels".to_owned(),
        format!(r#"<Relationships xmlns="{package}/relationships">{links}</Relationships>"#),
    ));
    zip(&parts)
}

fn rows_xml(rows: &[Vec<Cell<'_>>]) -> String {
    let mut out = String::new();
    for row in rows {
        out.push_str("<row>");
        for cell in row {
            match cell {
                Cell::Text(text) => {
                    let text = text.replace('&', "&amp;").replace('<', "&lt;");
                    _ = write!(out, r#"<c t="inlineStr"><is><t>{text}</t></is></c>"#);
                }
                #[cfg(test)]
                Cell::Number(number) => _ = write!(out, "<c><v>{number}</v></c>"),
            }
        }
        out.push_str("</row>");
    }
    out
}

/// An archive whose entries are stored as they are.
fn zip(parts: &[(String, String)]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in parts {
        let content = format!(r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>{content}"#);
        let mut crc = Crc::new();
        crc.update(content.as_bytes());
        let mut common = Vec::new();
        // Version 2.0, no flags, stored, midnight of 1980-01-01.
        for field in [20_u16, 0, 0, 0, 0x21] {
            common.extend(field.to_le_bytes());
        }
        for field in [crc.sum(), length(&content), length(&content)] {
            common.extend(field.to_le_bytes());
        }
        common.extend(u16::try_from(name.len()).unwrap_or(0).to_le_bytes());
        common.extend(0_u16.to_le_bytes());
        let offset = u32::try_from(out.len()).unwrap_or(0);
        out.extend(b"PK\x03\x04");
        out.extend(&common);
        out.extend(name.as_bytes());
        out.extend(content.as_bytes());
        directory.extend(b"PK\x01\x02");
        directory.extend(20_u16.to_le_bytes());
        directory.extend(&common);
        directory.extend([0; 10]);
        directory.extend(offset.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let count = u16::try_from(parts.len()).unwrap_or(0).to_le_bytes();
    let start = u32::try_from(out.len()).unwrap_or(0);
    let size = u32::try_from(directory.len()).unwrap_or(0);
    out.extend(&directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend(count);
    out.extend(count);
    out.extend(size.to_le_bytes());
    out.extend(start.to_le_bytes());
    out.extend([0; 2]);
    out
}

fn length(content: &str) -> u32 {
    u32::try_from(content.len()).unwrap_or(0)
}
