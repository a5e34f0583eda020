-- The record transaction in one call: acts are judged one by one and in order; each that stands gets its quota use, its
-- number, its leaf in the tree and its row. Every array but the slots' has one element for each act.
--
-- VOLATILE matters: the first statement waits for the head row, and each later one sees what was committed meanwhile. A
-- single statement with CTEs would judge by the snapshot it took before it waited.
--
-- An act without a head is only judged: the caller makes its changes next and records it with a second call.
CREATE FUNCTION record_acts(
  policy_epochs bigint[],
  principal_ids text[],
  principal_epochs bigint[],
  secret_ids text[],
  revisions bigint[],
  lease_ids text[],
  lease_revisions bigint[],
  -- The counters that the acts claim, each once, and which of them an act claims.
  slot_principals text[],
  slot_days text[],
  slot_secrets text[],
  secret_slots int[],
  person_slots int[],
  per_secrets bigint[],
  per_persons bigint[],
  touched_secrets text[],
  touched_versions text[],
  touched_days text[],
  heads bytea[],
  timestamps bigint[],
  request_ids text[],
  actions text[],
  results text[],
  resource_types text[],
  resource_names text[],
  user_ids text[],
  principal_kinds text[],
  role_lists text[],
  policy_lists text[],
  decisions text[],
  version_ids text[],
  grant_ids text[],
  details text[],
  salts bytea[],
  usernames text[],
  ip_texts text[],
  user_agents text[],
  reasons text[],
  -- What became of each act: NULL (it stands), policy, principal, secret, grant, quota_secret or quota_person.
  OUT moved text[],
  -- Uses including this one; for an act refused by quota, the uses so far. A person's only where a limit was claimed.
  OUT secret_uses bigint[],
  OUT person_uses bigint[],
  -- 32 bytes for each act that stands. Their numbers end at size - 1.
  OUT leaves bytea,
  OUT size bigint,
  OUT root bytea
) LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
DECLARE
  head log_head;
  act record;
  used bigint[];
  indexes bigint[];
  leaf_hashes bytea[];
  peaks bytea[];
  depth int := 0;
  level int;
  rest bigint;
  node bytea;
  tail bytea;
  node_levels int[];
  node_positions bigint[];
  node_hashes bytea[];
  newest bigint;
BEGIN
  SELECT * INTO STRICT head FROM log_head WHERE id = 1 FOR UPDATE;
  size := head.size;
  root := head.root;

  SELECT array_agg(coalesce(q.used, 0) ORDER BY slot.at) INTO used
  FROM unnest(slot_principals, slot_days, slot_secrets) WITH ORDINALITY AS slot (principal_id, day, secret_id, at)
  LEFT JOIN quota_use q USING (principal_id, day, secret_id);

  FOR act IN
    SELECT a.at, a.head, a.secret_slot, a.person_slot, a.per_secret, a.per_person, a.happened,
      CASE
        WHEN a.policy_epoch <> head.policy_epoch THEN 'policy'
        WHEN a.principal_id IS NOT NULL AND (p.epoch = a.principal_epoch AND NOT p.disabled) IS NOT TRUE
          THEN 'principal'
        WHEN a.secret_id IS NOT NULL AND (s.revision = a.revision) IS NOT TRUE THEN 'secret'
        WHEN a.lease_id IS NOT NULL AND (g.revision = a.lease_revision) IS NOT TRUE THEN 'grant'
      END AS moved
    FROM unnest(policy_epochs, principal_ids, principal_epochs, secret_ids, revisions, lease_ids, lease_revisions,
        secret_slots, person_slots, per_secrets, per_persons, heads, timestamps) WITH ORDINALITY
      AS a (policy_epoch, principal_id, principal_epoch, secret_id, revision, lease_id, lease_revision, secret_slot,
        person_slot, per_secret, per_person, head, happened, at)
    LEFT JOIN principal p ON p.id = a.principal_id
    LEFT JOIN secret s ON s.id = a.secret_id
    LEFT JOIN access_grant g ON g.id = a.lease_id
    ORDER BY a.at
  LOOP
    moved[act.at] := act.moved;
    secret_uses[act.at] := NULL;
    person_uses[act.at] := NULL;
    indexes[act.at] := NULL;
    leaf_hashes[act.at] := NULL;
    CONTINUE WHEN act.moved IS NOT NULL OR act.head IS NULL;

    tail := '\xffffffff';
    IF act.secret_slot IS NOT NULL THEN
      secret_uses[act.at] := used[act.secret_slot];
      IF act.person_slot IS NOT NULL THEN person_uses[act.at] := used[act.person_slot]; END IF;
      IF used[act.secret_slot] >= act.per_secret THEN
        moved[act.at] := 'quota_secret';
        CONTINUE;
      END IF;
      IF used[act.person_slot] >= act.per_person THEN
        moved[act.at] := 'quota_person';
        CONTINUE;
      END IF;
      used[act.secret_slot] := used[act.secret_slot] + 1;
      secret_uses[act.at] := used[act.secret_slot];
      IF act.person_slot IS NOT NULL THEN
        used[act.person_slot] := used[act.person_slot] + 1;
        person_uses[act.at] := used[act.person_slot];
      END IF;
      tail := convert_to(used[act.secret_slot]::text, 'UTF8');
      tail := int4send(length(tail)) || tail;
    END IF;

    IF size = head.size THEN
      IF length(head.edge) <> 32 * bit_count(size::bit(64)) THEN
        RAISE EXCEPTION 'the right edge does not belong to a tree of this size' USING ERRCODE = 'data_corrupted';
      END IF;
      depth := length(head.edge) / 32;
      FOR i IN 1..depth LOOP
        peaks[i] := substring(head.edge FROM 32 * i - 31 FOR 32);
      END LOOP;
    END IF;
    -- RFC 6962, section 2.1: leaves and nodes are hashed with a prefix of their own.
    node := sha256('\x00'::bytea || act.head || tail);
    indexes[act.at] := size;
    leaf_hashes[act.at] := node;
    newest := act.happened;
    rest := size;
    level := 0;
    WHILE rest & 1 = 1 LOOP
      node := sha256('\x01'::bytea || peaks[depth] || node);
      depth := depth - 1;
      rest := rest >> 1;
      level := level + 1;
      IF level = 8 OR level = 16 OR level = 24 THEN
        node_levels := node_levels || level;
        node_positions := node_positions || rest;
        node_hashes := node_hashes || node;
      END IF;
    END LOOP;
    depth := depth + 1;
    peaks[depth] := node;
    size := size + 1;
  END LOOP;

  IF size = head.size THEN
    RETURN;
  END IF;

  INSERT INTO security_audit_log (idx, timestamp, request_id, action, result, resource_type, resource_name, user_id,
    principal_kind, roles, policy_ids, decision, version_id, grant_id, details, quota_use, salt, username, ip_text,
    user_agent, reason, leaf_hash)
  SELECT e.idx, at_ms(e.happened), e.request_id, e.action, e.result, e.resource_type, e.resource_name, e.user_id,
    e.principal_kind, e.roles::text[], e.policies::text[], e.decision, e.version_id, e.grant_id, e.details, e.quota_use,
    e.salt, e.username, e.ip_text, e.user_agent, e.reason, e.leaf_hash
  FROM unnest(indexes, timestamps, request_ids, actions, results, resource_types, resource_names, user_ids,
      principal_kinds, role_lists, policy_lists, decisions, version_ids, grant_ids, record_acts.details, secret_uses,
      salts, usernames, ip_texts, user_agents, reasons, leaf_hashes)
    AS e (idx, happened, request_id, action, result, resource_type, resource_name, user_id, principal_kind, roles,
      policies, decision, version_id, grant_id, details, quota_use, salt, username, ip_text, user_agent, reason,
      leaf_hash)
  WHERE e.idx IS NOT NULL;

  IF node_levels IS NOT NULL THEN
    INSERT INTO audit_node (level, position, hash) SELECT * FROM unnest(node_levels, node_positions, node_hashes);
  END IF;

  IF used IS NOT NULL THEN
    INSERT INTO quota_use (principal_id, day, secret_id, used)
    SELECT * FROM unnest(slot_principals, slot_days, slot_secrets, used) AS slot (principal_id, day, secret_id, used)
    WHERE slot.used > 0
    ON CONFLICT (principal_id, day, secret_id) DO UPDATE SET used = EXCLUDED.used;
  END IF;

  IF touched_secrets IS NOT NULL THEN
    UPDATE secret SET last_accessed = t.day
    FROM unnest(touched_secrets, touched_days, indexes) AS t (id, day, idx)
    WHERE secret.id = t.id AND t.idx IS NOT NULL;
    UPDATE secret_version SET last_accessed = t.day
    FROM unnest(touched_secrets, touched_versions, touched_days, indexes) AS t (id, version, day, idx)
    WHERE secret_version.secret_id = t.id AND secret_version.version_id = t.version AND t.idx IS NOT NULL;
  END IF;

  root := peaks[depth];
  FOR i IN REVERSE depth - 1..1 LOOP
    root := sha256('\x01'::bytea || peaks[i] || root);
  END LOOP;
  UPDATE log_head SET size = record_acts.size, root = record_acts.root,
    edge = (SELECT string_agg(peaks[i], ''::bytea ORDER BY i) FROM generate_series(1, depth) AS i),
    last_time = at_ms(newest)
  WHERE id = 1;
  leaves := (SELECT string_agg(l.hash, ''::bytea ORDER BY l.at)
    FROM unnest(leaf_hashes) WITH ORDINALITY AS l (hash, at));
END $$;
