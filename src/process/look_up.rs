//! Reads many objects again by their ids, some hundreds to a call.

use super::Queue;
use super::snapshot::Snapshot;
use crate::error::Result;
use crate::http::{Answer, Http, Object};
use crate::rql::{LOOK_UP, ValueList};

/// Hands each object to `found`, with what the list shows of it, or nothing where the list does not have it.
///
/// One whose id cannot be said in a query, or is too long for one, is not handed out.
///
/// # Errors
///
/// What reading fails with; the objects that come after are not handed out.
pub(super) fn look_up<T: Queue, O>(
    http: &Http,
    objects: Vec<O>,
    id: impl Fn(&O) -> &str,
    mut found: impl FnMut(O, Option<&Snapshot>),
) -> Result<()> {
    let mut objects = objects.into_iter().peekable();
    while objects.peek().is_some() {
        let (mut list, mut page) = (ValueList::default(), Vec::new());
        while let Some(object) = objects.peek() {
            let added = list.push(id(object), LOOK_UP);
            if added == Ok(false) && !list.is_empty() {
                break;
            }
            page.extend(objects.next().filter(|_| added == Ok(true)));
        }
        if list.is_empty() {
            return Ok(());
        }
        let path = format!("{}?in(id,({}))&limit={}&offset=0", T::LIST, list.as_str(), page.len());
        let listed = http.get_with(&path, Answer::read::<Vec<Object<Snapshot>>>)?;
        for object in page {
            let snapshot = listed.iter().find(|listed| listed.0.id.as_deref() == Some(id(&object)));
            found(object, snapshot.map(|Object(snapshot)| snapshot));
        }
    }
    Ok(())
}
