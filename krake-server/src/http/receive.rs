//! Receiving the body of a request, within limits.

use std::fmt;

use bytes::{Buf, Bytes, BytesMut};
use http_body::Body;
use http_body_util::BodyExt;

use crate::Limits;
use crate::load::{BodyRoom, ServerLoad};
use crate::refusal::Refusal;

/// Waits for the whole body. The memory that it takes counts until the room is dropped.
///
/// # Errors
/// When it is larger or slower than the limits allow, or breaks off.
pub(super) async fn receive<'a, B>(
    body: B,
    limits: &Limits,
    load: &'a ServerLoad,
) -> Result<(Bytes, BodyRoom<'a>), Refusal>
where
    B: Body,
    B::Error: fmt::Display,
{
    let too_large = Refusal::TooLarge { limit: limits.body_bytes };
    if body.size_hint().lower() > limits.body_bytes as u64 {
        return Err(too_large);
    }
    let mut room = load.body();
    let collected = collect(body, limits.body_bytes, &mut room);
    match tokio::time::timeout(limits.body_time, collected).await {
        Ok(collected) => Ok((collected?, room)),
        Err(_) => Err(Refusal::SlowBody { limit: limits.body_time }),
    }
}

async fn collect<B>(body: B, limit: usize, room: &mut BodyRoom<'_>) -> Result<Bytes, Refusal>
where
    B: Body,
    B::Error: fmt::Display,
{
    let mut body = std::pin::pin!(body);
    let mut collected = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| {
            tracing::debug!(%error, "body of a request broke off");
            Refusal::BrokenBody
        })?;
        let Ok(mut data) = frame.into_data() else { continue };
        if collected.len() + data.remaining() > limit {
            return Err(Refusal::TooLarge { limit });
        }
        let size = data.remaining();
        room.grow(size)?;
        if collected.is_empty() && body.is_end_stream() {
            return Ok(data.copy_to_bytes(size));
        }
        collected.extend_from_slice(&data.copy_to_bytes(size));
    }
    Ok(collected.freeze())
}
