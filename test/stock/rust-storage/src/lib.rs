//! Keeps values and blobs through the published interfaces, with bindings of wit-bindgen.

wit_bindgen::generate!({ path: "storage.wit", world: "storage", generate_all });

use exports::test::storage::ops::Guest;
use switchboard::host::{blob, blob_streams};
use wasi::blobstore::blobstore;
use wasi::blobstore::container::Container;
use wasi::blobstore::types::{IncomingValue, ObjectId, OutgoingValue};
use wasi::config::store as config;
use wasi::io::streams::{InputStream, OutputStream, StreamError};
use wasi::keyvalue0_2_0_draft::{atomics, batch, store};
use wasi::keyvalue0_2_0_draft2::{atomics as atomics2, store as store2};

struct Component;
export!(Component);

type Answer = Result<String, String>;

fn text(bytes: Option<Vec<u8>>) -> String {
    bytes.map_or("NONE".into(), |b| String::from_utf8_lossy(&b).into_owned())
}

fn of_store(error: store::Error) -> String {
    match error {
        store::Error::NoSuchStore => "no-such-store".into(),
        store::Error::AccessDenied => "access-denied".into(),
        store::Error::Other(why) => format!("other: {why}"),
    }
}

fn of_store2(error: store2::Error) -> String {
    match error {
        store2::Error::NoSuchStore => "no-such-store".into(),
        store2::Error::AccessDenied => "access-denied".into(),
        store2::Error::Other(why) => format!("other: {why}"),
    }
}

fn of_stream(error: StreamError) -> String {
    match error {
        StreamError::Closed => "closed".into(),
        StreamError::LastOperationFailed(why) => format!("stream: {}", why.to_debug_string()),
    }
}

fn keyvalue(name: &str) -> Answer {
    let bucket = store::open(name).map_err(of_store)?;
    bucket.set("a", b"one").map_err(of_store)?;
    let mut seen = vec![
        text(bucket.get("a").map_err(of_store)?),
        text(bucket.get("b").map_err(of_store)?),
        bucket.exists("a").map_err(of_store)?.to_string(),
    ];
    bucket.delete("a").map_err(of_store)?;
    bucket.delete("a").map_err(of_store)?;
    seen.push(bucket.exists("a").map_err(of_store)?.to_string());
    for delta in [5, 2] {
        seen.push(atomics::increment(&bucket, "n", delta).map_err(of_store)?.to_string());
    }
    Ok(seen.join(" "))
}

fn many(name: &str) -> Answer {
    let bucket = store::open(name).map_err(of_store)?;
    batch::set_many(&bucket, &[("x".into(), b"1".to_vec()), ("y".into(), b"2".to_vec())]).map_err(of_store)?;
    let keys = ["y", "z", "x"].map(String::from);
    let found = batch::get_many(&bucket, &keys).map_err(of_store)?;
    let mut seen: Vec<String> =
        found.into_iter().map(|one| one.map_or("NONE".into(), |(k, v)| format!("{k}={}", text(Some(v))))).collect();
    batch::delete_many(&bucket, &["x".into(), "nothing".into()]).map_err(of_store)?;
    seen.push(bucket.exists("x").map_err(of_store)?.to_string());
    seen.push(bucket.exists("y").map_err(of_store)?.to_string());
    Ok(seen.join(" "))
}

/// Lists a bucket of so many keys and deletes each page on the way, by the first draft and by the second.
fn pages(name: &str, count: usize) -> Answer {
    let bucket = store::open(name).map_err(of_store)?;
    let again = store2::open(name).map_err(of_store2)?;
    let all: Vec<_> = (0..count).map(|i| (format!("k{i}"), b"v".to_vec())).collect();
    let (mut counted, mut listed) = ((0, 0), (0, 0));
    batch::set_many(&bucket, &all).map_err(of_store)?;
    let mut cursor = None;
    loop {
        let page = bucket.list_keys(cursor).map_err(of_store)?;
        counted = (counted.0 + 1, counted.1 + page.keys.len());
        batch::delete_many(&bucket, &page.keys).map_err(of_store)?;
        cursor = page.cursor;
        if cursor.is_none() {
            break;
        }
    }
    batch::set_many(&bucket, &all).map_err(of_store)?;
    let mut cursor = None;
    loop {
        let page = again.list_keys(cursor.as_deref()).map_err(of_store2)?;
        listed = (listed.0 + 1, listed.1 + page.keys.len());
        cursor = page.cursor;
        if cursor.is_none() {
            break;
        }
    }
    Ok(format!("{counted:?} {listed:?}"))
}

fn swap(name: &str) -> Answer {
    let bucket = store2::open(name).map_err(of_store2)?;
    bucket.set("c", b"old").map_err(of_store2)?;
    let first = atomics2::Cas::new(&bucket, "c").map_err(of_store2)?;
    let late = atomics2::Cas::new(&bucket, "c").map_err(of_store2)?;
    let before = text(first.current().map_err(of_store2)?);
    if atomics2::swap(first, b"new").is_err() {
        return Err("the first swap failed".into());
    }
    let lost = match atomics2::swap(late, b"lost") {
        Err(atomics2::CasError::CasFailed(cas)) => {
            let now = text(cas.current().map_err(of_store2)?);
            if atomics2::swap(cas, b"newer").is_err() {
                return Err("the third swap failed".into());
            }
            now
        }
        Err(atomics2::CasError::StoreError(error)) => return Err(of_store2(error)),
        Ok(()) => "swapped".into(),
    };
    let after = text(bucket.get("c").map_err(of_store2)?);
    let count = atomics2::increment(&bucket, "m", -3).map_err(of_store2)?;
    Ok(format!("{before} {lost} {after} {count}"))
}

fn write_all(stream: &OutputStream, size: usize) -> Result<(), String> {
    let mut at = 0;
    while at < size {
        let room = stream.check_write().map_err(of_stream)? as usize;
        if room == 0 {
            stream.subscribe().block();
            continue;
        }
        let end = size.min(at + room);
        let bytes: Vec<u8> = (at..end).map(|i| (i % 251) as u8).collect();
        stream.write(&bytes).map_err(of_stream)?;
        at = end;
    }
    stream.blocking_flush().map_err(of_stream)
}

/// Bytes of a stream, each looked at, from `at` on.
fn read_all(stream: &InputStream, from: usize) -> Result<usize, String> {
    let mut at = from;
    loop {
        match stream.blocking_read(65_536) {
            Ok(bytes) => {
                for byte in bytes {
                    if byte != (at % 251) as u8 {
                        return Err(format!("the byte at {at} is {byte}"));
                    }
                    at += 1;
                }
            }
            Err(StreamError::Closed) => return Ok(at - from),
            Err(error) => return Err(of_stream(error)),
        }
    }
}

fn put(container: &Container, name: &str, size: usize, aim_first: bool) -> Result<(), String> {
    let value = OutgoingValue::new_outgoing_value();
    let body = value.outgoing_value_write_body().map_err(|()| "no body")?;
    if value.outgoing_value_write_body().is_ok() {
        return Err("the body was given twice".into());
    }
    if aim_first {
        container.write_data(name, &value)?;
    }
    write_all(&body, size)?;
    drop(body);
    if !aim_first {
        container.write_data(name, &value)?;
    }
    OutgoingValue::finish(value)
}

fn objects(name: &str) -> Answer {
    let container = blobstore::create_container(name)?;
    put(&container, "first", 1000, true)?;
    put(&container, "second", 3_000_000, false)?;
    let part = container.get_data("first", 6, 8)?;
    let size = part.size();
    let bytes = IncomingValue::incoming_value_consume_sync(part)?;
    let whole = container.get_data("second", 1000, u64::MAX)?;
    let stream = IncomingValue::incoming_value_consume_async(whole)?;
    let read = read_all(&stream, 1000)?;
    drop(stream);
    let names = container.list_objects()?;
    let (listed, end) = names.read_stream_object_names(10)?;
    let info = container.object_info("first")?;
    let at = |object: &str| ObjectId { container: name.into(), object: object.into() };
    blobstore::copy_object(&at("first"), &at("copy"))?;
    blobstore::move_object(&at("first"), &at("moved"))?;
    let there = ["first", "copy", "moved"].map(|one| container.has_object(one).unwrap_or(false));
    container.delete_objects(&["copy".into(), "nothing".into()])?;
    let left = container.list_objects()?.read_stream_object_names(10)?.0;
    container.clear()?;
    let empty = container.list_objects()?.read_stream_object_names(10)?;
    Ok(format!(
        "{size} {bytes:?} {read} {listed:?} {end} {} {} {} {there:?} {left:?} {empty:?}",
        info.name, info.container, info.size
    ))
}

fn of_blob(error: blob::BlobError) -> String {
    match error {
        blob::BlobError::Denied(why) => format!("denied: {why}"),
        blob::BlobError::NotFound => "not-found".into(),
        blob::BlobError::Invalid(why) => format!("invalid: {why}"),
        blob::BlobError::Full(why) => format!("full: {why}"),
        blob::BlobError::Unavailable(why) => format!("unavailable: {why}"),
    }
}

/// Streams so many bytes in and out again.
fn streams(store: &str, name: &str, size: usize) -> Answer {
    let upload = blob::create(store, name).map_err(of_blob)?;
    let stream = blob_streams::write(&upload);
    write_all(&stream, size)?;
    drop(stream);
    let info = blob::Upload::finish(upload).map_err(of_blob)?;
    let found = blob::open(store, name).map_err(of_blob)?;
    let all = read_all(&blob_streams::read(&found, 0, None), 0)?;
    let part = blob_streams::read(&found, 500, Some(1000));
    drop(found);
    let parts = read_all(&part, 500)?;
    Ok(format!("{} {all} {parts}", info.size))
}

impl Guest for Component {
    fn run(op: String, args: Vec<String>) -> Answer {
        let arg = |i: usize| args.get(i).map(String::as_str).unwrap_or("");
        let number = |i: usize| arg(i).parse::<usize>().unwrap_or(0);
        match op.as_str() {
            "config" => config::get(arg(0)).map(|v| v.unwrap_or("NONE".into())).map_err(|_| "config".into()),
            "configs" => config::get_all().map(|all| format!("{all:?}")).map_err(|_| "config".into()),
            "keyvalue" => keyvalue(arg(0)),
            "get" => store::open(arg(0)).and_then(|b| b.get(arg(1))).map(text).map_err(of_store),
            "set" => store::open(arg(0))
                .and_then(|b| b.set(arg(1), arg(2).as_bytes()))
                .map(|()| "set".into())
                .map_err(of_store),
            "many" => many(arg(0)),
            "pages" => pages(arg(0), number(1)),
            "swap" => swap(arg(0)),
            "objects" => objects(arg(0)),
            "container" => blobstore::get_container(arg(0))?.name(),
            "exists" => blobstore::container_exists(arg(0)).map(|there| there.to_string()),
            "put" => put(&blobstore::get_container(arg(0))?, arg(1), number(2), true).map(|()| "put".into()),
            "streams" => streams(arg(0), arg(1), number(2)),
            _ => Err("unknown operation".into()),
        }
    }
}
