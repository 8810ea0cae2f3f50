-- Whether an expired row must be isolated: it was rescued often (:isolate_from attempts), or it has one attempt left.
attempts >= least(:isolate_from, max_attempts - 1) AND attempts < max_attempts
