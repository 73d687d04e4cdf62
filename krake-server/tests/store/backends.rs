//! Each claim, once for each backend.

macro_rules! suite {
    ($($module:ident: $($claim:ident)+;)+) => {
        suite! { @backend memory $($module: $($claim)+;)+ }
        suite! { @backend embedded $($module: $($claim)+;)+ }
    };
    (@backend $backend:ident $($module:ident: $($claim:ident)+;)+) => {
        mod $backend {
            $($(
                #[tokio::test]
                async fn $claim() {
                    crate::$module::$claim(crate::fixture::$backend).await;
                }
            )+)+
        }
    };
}

suite! {
    commits:
        create_is_refused_when_the_key_exists
        replace_is_refused_when_the_key_has_moved_on
        refusal_shows_all_guarded_keys_in_their_order
        refused_transaction_writes_nothing
        several_keys_are_one_revision
        transaction_without_effect_makes_no_revision
        created_stays_and_is_new_after_a_delete
        malformed_transactions_are_invalid_and_change_nothing
        guards_hold_under_concurrent_writers
        dropped_commit_is_never_half_applied;
    reads:
        prefix_is_text_and_covers_no_longer_segment
        keys_come_in_byte_order
        pages_join_without_gap_or_overlap
        after_outside_the_prefix_is_harmless
        pages_stay_consistent_while_writers_go_on
        every_revision_of_the_window_can_be_read
        read_ahead_of_the_store_is_refused
        compaction_ends_older_reads_and_keeps_the_rest
        small_window_forgets_old_states;
    watches:
        watch_resumes_without_gap_or_duplicate
        watch_misses_nothing_under_concurrent_writers
        watch_sees_only_its_prefix_and_progress_of_the_rest
        delete_event_carries_the_last_state
        commit_is_never_split_over_batches
        watch_ahead_of_the_store_is_refused
        watch_before_a_compaction_is_refused
        open_watch_behind_a_compaction_is_told
        slow_watcher_is_told_and_fast_one_is_not
        watch_ends_with_the_store_after_the_last_event;
}
