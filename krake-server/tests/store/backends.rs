//! Each claim, once for each backend.

/// Tests of one backend; some claims are made by threads that the runtime of the test must serve while it waits for them.
macro_rules! suite {
    ($backend:ident $($module:ident: $($claim:ident)+;)+) => {
        mod $backend {
            $($(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $claim() {
                    crate::$module::$claim(crate::fixture::$backend).await;
                }
            )+)+
        }
    };
}

/// What every store promises.
macro_rules! promises {
    ($($backend:ident $({ $($further:tt)+ })?)+) => {
        $(suite! {
            $backend
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
                compaction_ends_older_reads_and_keeps_the_rest;
            watches:
                watch_resumes_without_gap_or_duplicate
                watch_misses_nothing_under_concurrent_writers
                watch_sees_only_its_prefix_and_progress_of_the_rest
                delete_event_carries_the_last_state
                commit_is_never_split_over_batches
                watch_ahead_of_the_store_is_refused
                watch_before_a_compaction_is_refused
                watch_ends_with_the_store;
            $($($further)+)?
        })+
    };
}

// A store in the process: its watches read its own, bounded window.
promises! {
    memory {
        reads: small_window_forgets_old_states;
        watches:
            open_watch_behind_a_compaction_is_told
            slow_watcher_is_told_and_fast_one_is_not
            watch_ends_with_the_store_after_the_last_event;
    }
    embedded {
        reads: small_window_forgets_old_states;
        watches:
            open_watch_behind_a_compaction_is_told
            slow_watcher_is_told_and_fast_one_is_not
            watch_ends_with_the_store_after_the_last_event;
    }
}

// A store elsewhere: it ends without knowing what is on its way, and its watches get no part of what is compacted.
#[cfg(feature = "etcd")]
promises! { etcd }
