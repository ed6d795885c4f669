CREATE TABLE format (
    version integer NOT NULL
);
INSERT INTO format VALUES (1);

CREATE TABLE meta (
    job text NOT NULL,
    name text NOT NULL,
    value text NOT NULL,
    PRIMARY KEY (job, name)
);

CREATE TABLE entry (
    job text NOT NULL,
    collection text NOT NULL,
    id text NOT NULL,
    asset text,
    created timestamptz,
    attempts bigint NOT NULL DEFAULT 0,
    due timestamptz,
    later timestamptz,
    error text,
    erred timestamptz,
    dead timestamptz,
    round text,
    told text,
    told_at timestamptz,
    plan text,
    looked timestamptz,
    unseen timestamptz,
    ended timestamptz,
    state text,
    open text CHECK (open IN ('undo', 'adopted')),
    PRIMARY KEY (job, collection, id)
);
CREATE INDEX entry_of_asset ON entry (job, asset) WHERE asset IS NOT NULL;
CREATE INDEX entry_open ON entry (job, collection) WHERE open IS NOT NULL OR plan IS NOT NULL;

CREATE TABLE step (
    job text NOT NULL,
    collection text NOT NULL,
    id text NOT NULL,
    name text NOT NULL,
    position bigint NOT NULL,
    generation bigint NOT NULL,
    key text NOT NULL,
    state text NOT NULL CHECK (state IN ('begun', 'done', 'unreadable', 'refused')),
    input text NOT NULL,
    result text,
    keep boolean NOT NULL,
    begun timestamptz NOT NULL,
    previous_input text,
    previous_result text,
    PRIMARY KEY (job, collection, id, name),
    FOREIGN KEY (job, collection, id) REFERENCES entry (job, collection, id) ON DELETE CASCADE
);

-- Who has an order, and that it ended. A lease that was given back is until '-infinity'. Of a worker that vanished, in_hand and
-- plan tell whether it was at work on the order, and what it was about to decide.
CREATE TABLE lease (
    job text NOT NULL,
    collection text NOT NULL,
    id text NOT NULL,
    asset text,
    nonce bigint NOT NULL,
    owner text NOT NULL,
    claimed timestamptz NOT NULL,
    until timestamptz NOT NULL,
    ended timestamptz,
    state text,
    in_hand boolean NOT NULL DEFAULT false,
    plan text,
    PRIMARY KEY (job, collection, id)
) WITH (fillfactor = 70);
CREATE INDEX lease_of_asset ON lease (job, asset) WHERE asset IS NOT NULL;
CREATE INDEX lease_nonce ON lease (nonce);

CREATE TABLE stray (
    job text NOT NULL,
    collection text NOT NULL,
    id text NOT NULL,
    name text NOT NULL,
    generation bigint NOT NULL,
    state text NOT NULL,
    result text,
    at timestamptz NOT NULL
);

CREATE TABLE correction (
    job text NOT NULL,
    collection text NOT NULL,
    id text NOT NULL,
    what text NOT NULL,
    by text NOT NULL,
    at timestamptz NOT NULL
);

CREATE FUNCTION timeline() RETURNS text LANGUAGE sql VOLATILE AS $$
    SELECT CASE WHEN pg_is_in_recovery() THEN NULL ELSE left(pg_walfile_name(pg_current_wal_lsn()), 8) END
$$;

-- Whether this is the server that the run began on.
CREATE FUNCTION is_here(_timeline text) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN _timeline IS NULL OR _timeline IS NOT DISTINCT FROM timeline();
END $$;

-- Refuses to write on a server that has taken over from it.
CREATE FUNCTION check_timeline(_timeline text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF NOT is_here(_timeline) THEN
        RAISE EXCEPTION 'the timeline is % and not %', timeline(), _timeline USING ERRCODE = 'CN001';
    END IF;
END $$;

-- Notes whose the ledger is. Where the timeline is another one, the ledger is as if born now.
CREATE FUNCTION attach_job(_job text, _endpoint text, _timeline text, _now timestamptz)
RETURNS TABLE (made boolean, born timestamptz, endpoint text, moved boolean) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    _was text;
    _made boolean;
BEGIN
    INSERT INTO meta VALUES (_job, 'born', _now::text) ON CONFLICT DO NOTHING;
    _made := FOUND;
    INSERT INTO meta SELECT _job, 'endpoint', _endpoint WHERE _endpoint IS NOT NULL ON CONFLICT DO NOTHING;
    SELECT value INTO _was FROM meta WHERE job = _job AND name = 'timeline';
    IF _was IS DISTINCT FROM _timeline AND _timeline IS NOT NULL THEN
        INSERT INTO meta VALUES (_job, 'timeline', _timeline)
            ON CONFLICT (job, name) DO UPDATE SET value = excluded.value;
        IF _was IS NOT NULL THEN
            UPDATE meta SET value = _now::text WHERE job = _job AND name = 'born';
        END IF;
    END IF;
    RETURN QUERY SELECT _made,
        (SELECT value::timestamptz FROM meta WHERE job = _job AND name = 'born'),
        (SELECT value FROM meta WHERE job = _job AND name = 'endpoint'),
        _was IS NOT NULL AND _was IS DISTINCT FROM _timeline;
END $$;

-- Leases up to so many of these orders, in their order, and tells of the others what keeps them. The first is the one that the
-- worker turns to now.
--
-- Of a lease that ran out, vanished tells whether its worker had the order in hand. Where the server itself was away
-- since, it is no order's fault that nobody renewed it.
--
-- It never waits for another worker while it holds a lock, so no two of them wait for each other.
CREATE FUNCTION claim(
    _timeline text, _job text, _collection text, _ids text[], _assets text[], _created timestamptz[], _nonces bigint[],
    _owner text, _lease interval, _most bigint
) RETURNS TABLE (order_id text, outcome text, detail text, vanished boolean, in_plan text) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    _rest integer;
    _given integer := 0;
    _found lease%ROWTYPE;
    _older text;
    _state text;
BEGIN
    PERFORM check_timeline(_timeline);
    FOR _place IN 1 .. cardinality(_ids) LOOP
        IF _given >= _most THEN
            _rest := _place;
            EXIT;
        END IF;
        order_id := _ids[_place];
        detail := NULL;
        vanished := NULL;
        in_plan := NULL;
        outcome := 'held';
        -- Two orders of one asset are not claimed at the same time either.
        IF NOT pg_try_advisory_xact_lock(hashtextextended(
            concat_ws('/', current_schema(), _job, _collection, COALESCE(_assets[_place], order_id)), 0)) THEN
            RETURN NEXT;
            CONTINUE;
        END IF;
        SELECT * INTO _found FROM lease
            WHERE job = _job AND collection = _collection AND id = _ids[_place] FOR UPDATE SKIP LOCKED;
        IF FOUND THEN
            IF _found.ended IS NOT NULL THEN
                outcome := 'ended';
                detail := _found.state;
                RETURN NEXT;
                CONTINUE;
            ELSIF _found.until > clock_timestamp() THEN
                RETURN NEXT;
                CONTINUE;
            ELSIF _found.until > '-infinity' THEN
                vanished := _found.in_hand AND _found.claimed > pg_postmaster_start_time();
                in_plan := _found.plan;
            END IF;
        ELSIF EXISTS (SELECT FROM lease WHERE job = _job AND collection = _collection AND id = _ids[_place]) THEN
            RETURN NEXT;
            CONTINUE;
        END IF;
        SELECT COALESCE(state, '') INTO _state FROM entry
            WHERE job = _job AND collection = _collection AND id = _ids[_place] AND ended IS NOT NULL;
        IF FOUND THEN
            outcome := 'ended';
            detail := _state;
            RETURN NEXT;
            CONTINUE;
        END IF;
        IF _assets[_place] IS NOT NULL THEN
            SELECT id INTO _older FROM entry
                WHERE job = _job AND asset = _assets[_place] AND collection = _collection AND id <> _ids[_place]
                    AND created < _created[_place] AND ended IS NULL
                ORDER BY created LIMIT 1;
            IF NOT FOUND THEN
                SELECT id INTO _older FROM lease
                    WHERE job = _job AND asset = _assets[_place] AND collection = _collection AND id <> _ids[_place]
                        AND until > clock_timestamp() AND ended IS NULL
                    LIMIT 1;
            END IF;
            IF FOUND THEN
                outcome := 'behind';
                detail := _older;
                RETURN NEXT;
                CONTINUE;
            END IF;
        END IF;
        INSERT INTO lease (job, collection, id, asset, nonce, owner, claimed, until, in_hand, plan)
            VALUES (_job, _collection, _ids[_place], _assets[_place], _nonces[_place], _owner,
                clock_timestamp(), clock_timestamp() + _lease, _place = 1, in_plan)
            ON CONFLICT (job, collection, id) DO UPDATE SET asset = COALESCE(excluded.asset, lease.asset),
                nonce = excluded.nonce, owner = excluded.owner, claimed = excluded.claimed, until = excluded.until,
                in_hand = excluded.in_hand, plan = excluded.plan;
        _given := _given + 1;
        outcome := 'yes';
        RETURN NEXT;
    END LOOP;
    IF _rest IS NOT NULL THEN
        RETURN QUERY SELECT id, CASE WHEN ended IS NULL THEN 'held' ELSE 'ended' END, state, NULL::boolean, NULL FROM lease
            WHERE job = _job AND collection = _collection AND id = ANY (_ids[_rest:])
                AND (ended IS NOT NULL OR until > clock_timestamp())
                AND nonce <> ALL (_nonces);
    END IF;
END $$;

-- What is remembered of an order: a row for each step, or one row without.
CREATE FUNCTION known_order(_job text, _collection text, _id text) RETURNS TABLE (
    collection text, id text, asset text, created timestamptz, attempts bigint, due timestamptz, later timestamptz,
    error text, erred timestamptz, dead timestamptz, round text, told text, told_at timestamptz, plan text,
    looked timestamptz, unseen timestamptz, ended timestamptz, entry_state text, open text,
    name text, generation bigint, key text, state text, input text, result text, keep boolean, begun timestamptz,
    previous_input text, previous_result text
) LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY SELECT e.collection, e.id, e.asset, e.created, e.attempts, e.due, e.later, e.error, e.erred, e.dead, e.round,
            e.told, e.told_at, e.plan, e.looked, e.unseen, e.ended, e.state, e.open,
            s.name, s.generation, s.key, s.state, s.input, s.result, s.keep, s.begun, s.previous_input, s.previous_result
        FROM entry e LEFT JOIN step s ON s.job = e.job AND s.collection = e.collection AND s.id = e.id
        WHERE e.job = _job AND e.collection = _collection AND e.id = _id
        ORDER BY s.position;
END $$;

CREATE FUNCTION claim_ended(
    _timeline text, _job text, _collection text, _id text, _nonce bigint, _owner text, _lease interval
) RETURNS boolean LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    PERFORM check_timeline(_timeline);
    IF NOT EXISTS (SELECT FROM entry WHERE job = _job AND collection = _collection AND id = _id AND ended IS NOT NULL) THEN
        RETURN false;
    END IF;
    INSERT INTO lease (job, collection, id, nonce, owner, claimed, until)
        VALUES (_job, _collection, _id, _nonce, _owner, clock_timestamp(), clock_timestamp() + _lease)
        ON CONFLICT (job, collection, id) DO UPDATE SET
            nonce = excluded.nonce, owner = excluded.owner, claimed = excluded.claimed, until = excluded.until,
            in_hand = false, plan = NULL
            WHERE lease.until <= clock_timestamp();
    RETURN FOUND;
END $$;

-- Whether this worker has the order; nobody else gets it before the statement has ended.
CREATE FUNCTION has_lease(_job text, _collection text, _id text, _nonce bigint) RETURNS boolean LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    PERFORM FROM lease WHERE job = _job AND collection = _collection AND id = _id AND nonce = _nonce FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    -- The clock is read after the lock was waited for.
    PERFORM FROM lease WHERE job = _job AND collection = _collection AND id = _id AND until > clock_timestamp();
    RETURN FOUND;
END $$;

-- The worker turns to the order, or is about to decide on it. False where another one may have it.
CREATE FUNCTION take_in_hand(
    _timeline text, _job text, _collection text, _id text, _nonce bigint, _plan text
) RETURNS boolean LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    PERFORM check_timeline(_timeline);
    IF NOT has_lease(_job, _collection, _id, _nonce) THEN
        RETURN false;
    END IF;
    UPDATE lease SET in_hand = true, plan = COALESCE(_plan, plan) WHERE job = _job AND collection = _collection AND id = _id;
    RETURN true;
END $$;

CREATE FUNCTION begin_step(
    _timeline text, _job text, _collection text, _id text, _nonce bigint, _asset text, _created timestamptz, _round text,
    _attempts bigint, _name text, _was text, _generation bigint, _key text, _input text, _keep boolean, _now timestamptz
) RETURNS TABLE (
    outcome text, name text, generation bigint, key text, state text, input text, result text, keep boolean,
    begun timestamptz, previous_input text, previous_result text
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    _found step%ROWTYPE;
    _outcome text := 'begun';
    _before_input text;
    _before_result text;
BEGIN
    PERFORM check_timeline(_timeline);
    IF NOT has_lease(_job, _collection, _id, _nonce) THEN
        RETURN QUERY SELECT 'dead', '', 0::bigint, '', 'begun', '', NULL, false, _now, NULL, NULL;
        RETURN;
    END IF;
    UPDATE lease SET in_hand = true WHERE job = _job AND collection = _collection AND id = _id AND NOT in_hand;
    INSERT INTO entry (job, collection, id, asset, created, round, attempts)
        VALUES (_job, _collection, _id, _asset, _created, _round, _attempts) ON CONFLICT DO NOTHING;
    UPDATE step SET name = _name
        WHERE job = _job AND collection = _collection AND id = _id AND name = _was AND NOT EXISTS (
            SELECT FROM step WHERE job = _job AND collection = _collection AND id = _id AND name = _name);
    SELECT * INTO _found FROM step WHERE job = _job AND collection = _collection AND id = _id AND name = _name;
    IF NOT FOUND THEN
        INSERT INTO step VALUES (_job, _collection, _id, _name,
            (SELECT 1 + COALESCE(max(position), 0) FROM step WHERE job = _job AND collection = _collection AND id = _id),
            _generation, _key, 'begun', _input, NULL, _keep, _now);
    ELSIF _found.generation > _generation THEN
        _outcome := 'dead';
    ELSIF _found.generation = _generation AND _found.input <> _input THEN
        _outcome := 'changed';
    ELSIF _found.generation = _generation AND _found.state IN ('done', 'unreadable') THEN
        _outcome := 'done';
    ELSIF _found.generation = _generation AND _found.state = 'refused' THEN
        _outcome := 'dead';
    ELSIF _found.generation = _generation THEN
        UPDATE step SET begun = _now WHERE job = _job AND collection = _collection AND id = _id AND name = _name;
    ELSE
        IF _found.state = 'done' THEN
            _before_input := _found.input;
            _before_result := _found.result;
        ELSE
            _before_input := _found.previous_input;
            _before_result := _found.previous_result;
        END IF;
        UPDATE step SET generation = _generation, key = _key, state = 'begun', input = _input, result = NULL,
                keep = _keep, begun = _now, previous_input = _before_input, previous_result = _before_result
            WHERE job = _job AND collection = _collection AND id = _id AND name = _name;
    END IF;
    RETURN QUERY SELECT _outcome, name, generation, key, state, input, result, keep, begun, previous_input, previous_result
        FROM step WHERE job = _job AND collection = _collection AND id = _id AND name = _name;
END $$;

-- True where it is recorded, and false where it is a stray.
CREATE FUNCTION result_of_step(
    _timeline text, _job text, _collection text, _id text, _nonce bigint, _name text, _generation bigint, _state text,
    _result text, _now timestamptz
) RETURNS boolean LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    PERFORM check_timeline(_timeline);
    IF has_lease(_job, _collection, _id, _nonce) THEN
        -- Of a generation that refused, what was there before stays.
        UPDATE step SET
                state = CASE WHEN _state = 'refused' AND previous_result IS NOT NULL THEN 'done' ELSE _state END,
                result = CASE WHEN _state = 'refused' THEN previous_result ELSE _result END,
                input = CASE WHEN _state = 'refused' THEN COALESCE(previous_input, input) ELSE input END,
                previous_input = NULL, previous_result = NULL
            WHERE job = _job AND collection = _collection AND id = _id AND name = _name
                AND generation = _generation AND state = 'begun';
        IF FOUND THEN
            RETURN true;
        END IF;
    END IF;
    IF _state <> 'refused' THEN
        INSERT INTO stray VALUES (_job, _collection, _id, _name, _generation, _state, _result, _now);
    END IF;
    RETURN false;
END $$;

-- The order ended, though the lease may be over: it counts as long as nobody else has it.
CREATE FUNCTION end_order(
    _timeline text, _job text, _collection text, _id text, _nonce bigint, _state text, _open text, _now timestamptz
) RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    PERFORM check_timeline(_timeline);
    -- An outage is no order of the platform: it may come again.
    UPDATE lease SET until = '-infinity', state = _state, ended = CASE WHEN _collection = 'outage' THEN NULL ELSE _now END
        WHERE job = _job AND collection = _collection AND id = _id AND nonce = _nonce AND until > '-infinity';
    IF NOT FOUND THEN
        RETURN;
    END IF;
    DELETE FROM entry WHERE job = _job AND collection = _collection AND id = _id AND NOT EXISTS (
        SELECT FROM step WHERE job = _job AND collection = _collection AND id = _id);
    UPDATE entry SET ended = _now, state = _state, open = _open, plan = NULL, due = NULL, dead = NULL
        WHERE job = _job AND collection = _collection AND id = _id;
END $$;

CREATE FUNCTION release_order(
    _timeline text, _job text, _collection text, _id text, _nonce bigint, _keeps boolean, _asset text,
    _created timestamptz, _attempts bigint, _due timestamptz, _later timestamptz, _error text, _erred timestamptz,
    _dead timestamptz, _round text, _told text, _told_at timestamptz, _plan text, _looked timestamptz,
    _unseen timestamptz, _ended timestamptz, _state text, _open text
) RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    PERFORM check_timeline(_timeline);
    UPDATE lease SET until = '-infinity'
        WHERE job = _job AND collection = _collection AND id = _id AND nonce = _nonce AND until > '-infinity';
    IF FOUND AND _keeps THEN
        INSERT INTO entry VALUES (_job, _collection, _id, _asset, _created, _attempts, _due, _later, _error, _erred, _dead,
                _round, _told, _told_at, _plan, _looked, _unseen, _ended, _state, _open)
            ON CONFLICT (job, collection, id) DO UPDATE SET asset = excluded.asset, created = excluded.created,
                attempts = excluded.attempts, due = excluded.due, later = excluded.later, error = excluded.error,
                erred = excluded.erred, dead = excluded.dead, round = excluded.round, told = excluded.told,
                told_at = excluded.told_at, plan = excluded.plan, looked = excluded.looked, unseen = excluded.unseen,
                ended = excluded.ended, state = excluded.state, open = excluded.open;
    END IF;
END $$;

CREATE FUNCTION note_orders(
    _timeline text, _job text, _collection text, _ids text[], _kinds text[], _texts text[], _now timestamptz
) RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    PERFORM check_timeline(_timeline);
    -- What another worker writes just now is left to it: a statement that waits for one row while it has another may wait for ever.
    UPDATE entry SET looked = CASE WHEN kind = 'told' THEN looked ELSE _now END,
            state = CASE WHEN kind = 'seen' THEN note.text ELSE state END,
            unseen = CASE kind WHEN 'seen' THEN NULL WHEN 'unseen' THEN COALESCE(unseen, _now) ELSE unseen END,
            told = CASE WHEN kind = 'told' THEN note.text ELSE told END,
            told_at = CASE WHEN kind = 'told' THEN _now ELSE told_at END
        FROM (
            SELECT entry.id, kind, given.text FROM unnest(_ids, _kinds, _texts) AS given (id, kind, text)
                JOIN entry ON job = _job AND collection = _collection AND entry.id = given.id
                WHERE kind = 'told' OR ended IS NULL
                FOR UPDATE OF entry SKIP LOCKED
        ) AS note
        WHERE job = _job AND collection = _collection AND entry.id = note.id;
END $$;

-- 'done', 'none' where nothing is remembered, or who has the order now.
CREATE FUNCTION correct_order(
    _timeline text, _job text, _collection text, _id text, _kind text, _step text, _result text, _by text, _now timestamptz
) RETURNS text LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    _owner text;
    _changed integer;
BEGIN
    PERFORM check_timeline(_timeline);
    PERFORM FROM lease WHERE job = _job AND collection = _collection AND id = _id FOR UPDATE;
    SELECT owner INTO _owner FROM lease
        WHERE job = _job AND collection = _collection AND id = _id AND until > clock_timestamp();
    IF FOUND THEN
        RETURN _owner;
    END IF;
    IF _kind = 'revive' THEN
        UPDATE entry SET attempts = 0, due = NULL, later = NULL, dead = NULL, told = NULL
            WHERE job = _job AND collection = _collection AND id = _id AND ended IS NULL;
    ELSIF _kind = 'acknowledge' THEN
        UPDATE entry SET open = NULL WHERE job = _job AND collection = _collection AND id = _id AND open IS NOT NULL;
    ELSIF _kind = 'forget' THEN
        DELETE FROM entry WHERE job = _job AND collection = _collection AND id = _id;
    ELSE
        UPDATE step SET state = 'done', result = _result, previous_input = NULL, previous_result = NULL
            WHERE job = _job AND collection = _collection AND id = _id AND name = _step;
    END IF;
    GET DIAGNOSTICS _changed = ROW_COUNT;
    IF _changed = 0 THEN
        RETURN 'none';
    END IF;
    IF _kind = 'forget' THEN
        DELETE FROM lease WHERE job = _job AND collection = _collection AND id = _id;
    END IF;
    INSERT INTO correction VALUES (_job, _collection, _id, concat_ws(' ', _kind, _step), _by, _now);
    RETURN 'done';
END $$;
