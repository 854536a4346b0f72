//! Which of what is due is sent now: nothing that is on its way, and no more of one business than leaves room for the others.

use std::collections::{BTreeMap, VecDeque};

use models::{Business, Timestamp};
use store::{DueItem, SentItems};

/// Items of a partition that are on their way to workers, beyond which nobody gets more than a few.
const MOST_ON_THEIR_WAY: usize = 10_000;
/// Items of each business that a sweep sends even then.
const ALWAYS: usize = 8;
/// Items that were sent before and have not moved on, in one sweep.
const MOST_AGAIN: usize = 500;

/// What a sweep sends.
#[derive(Debug, Default)]
pub(crate) struct Chosen<'r> {
    /// In the order in which they are sent: one of each business in turn.
    pub(crate) items: Vec<&'r DueItem>,
    /// How many of these were sent before.
    pub(crate) again: usize,
}

/// Chooses among the items that were read, oldest first. A business gets half of the room that is left at the most, so that
/// there is some for one that comes later; and a few, whatever is on its way.
pub(crate) fn choose<'r>(due: &'r [DueItem], sent: &SentItems, now: Timestamp) -> Chosen<'r> {
    let mut fresh: BTreeMap<Option<Business>, VecDeque<&DueItem>> = BTreeMap::new();
    let mut again = Vec::new();
    for item in due.iter().filter(|item| !sent.waits(item, now)) {
        if sent.times(item) > 0 {
            again.push(item);
        } else {
            let business = item.key.scope().map(|scope| scope.business);
            fresh.entry(business).or_default().push_back(item);
        }
    }
    let space = sent.space();
    again.truncate(MOST_AGAIN);
    let room = MOST_ON_THEIR_WAY
        .saturating_sub(sent.on_their_way(now))
        .min(space);
    let mut items = Vec::new();
    for turn in 0..room.div_ceil(2).max(ALWAYS) {
        let most = if turn < ALWAYS { space } else { room };
        for waiting in fresh.values_mut() {
            if items.len() < most {
                items.extend(waiting.pop_front());
            }
        }
        fresh.retain(|_, waiting| !waiting.is_empty());
        if fresh.is_empty() || items.len() >= most {
            break;
        }
    }
    let count = again.len();
    items.extend(again);
    Chosen {
        items,
        again: count,
    }
}

#[cfg(test)]
mod tests {
    use store::Key;

    use super::*;

    fn due(business: u32, count: u32) -> Vec<DueItem> {
        let item = |number| DueItem {
            key: Key {
                pk: format!("{business}#live#sub"),
                sk: format!("{number:016}"),
            },
            entity_type: "sub".to_owned(),
            at: Timestamp::from_seconds(0),
        };
        (0..count).map(item).collect()
    }

    fn of(items: &[&DueItem], business: &str) -> Vec<usize> {
        let positions = items.iter().enumerate();
        let own = positions.filter(|(_, item)| item.key.pk.starts_with(business));
        own.map(|(position, _)| position).collect()
    }

    #[test]
    fn a_business_with_a_lot_leaves_room_for_one_with_little() {
        let now = Timestamp::from_seconds(1_000_020);
        let mut sent = SentItems::none("due#00");
        let large = due(1, 30_000);
        let chosen = choose(&large, &sent, now);
        assert_eq!(chosen.items.len(), 5_000);
        sent.send(chosen.items, now);
        // None of these is done, and another business comes with ten.
        let all = [large.clone(), due(2, 10)].concat();
        let chosen = choose(&all, &sent, now.plus_seconds(60));
        assert_eq!(chosen.items.len(), 2_510);
        // One of each in turn: the ten are among the first twenty.
        assert_eq!(
            of(&chosen.items, "2#"),
            (0..10).map(|n| 2 * n + 1).collect::<Vec<_>>()
        );
    }

    #[test]
    fn there_is_room_however_long_nothing_is_done() {
        let mut now = Timestamp::from_seconds(1_000_020);
        let (large, mut sent) = (due(1, 10_500), SentItems::none("due#00"));
        for _minute in 0..30 {
            let chosen = choose(&large, &sent, now);
            sent.send(chosen.items, now);
            now = now.plus_seconds(60);
            sent.keep(&large, true, now);
            let late = due(2, 1);
            let others = [large.clone(), late].concat();
            assert_eq!(of(&choose(&others, &sent, now).items, "2#").len(), 1);
        }
    }

    #[test]
    fn what_was_sent_before_comes_after_what_was_not() {
        let now = Timestamp::from_seconds(1_000_020);
        let (stuck, mut sent) = (due(1, 600), SentItems::none("due#00"));
        sent.send(&stuck, now);
        assert!(
            choose(&stuck, &sent, now.plus_seconds(899))
                .items
                .is_empty()
        );
        let all = [stuck, due(2, 1)].concat();
        let chosen = choose(&all, &sent, now.plus_seconds(900));
        assert_eq!((chosen.items.len(), chosen.again), (501, 500));
        assert_eq!(of(&chosen.items, "2#"), [0]);
    }
}
