-- Guards the audit log against mistakes. Whoever owns the table can take the guard away; the tree and its mirrored
-- checkpoints are what finds that out.
CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  erased security_audit_log;
  pruned security_audit_log;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    -- Erasure of a person: the five personal columns go, their commitment takes their place.
    erased := OLD;
    erased.salt := NULL;
    erased.username := NULL;
    erased.ip_text := NULL;
    erased.ip_address := NEW.ip_address;
    erased.user_agent := NULL;
    erased.reason := NULL;
    erased.commitment := NEW.commitment;
    erased.erased_by := NEW.erased_by;
    IF NEW IS NOT DISTINCT FROM erased AND OLD.erased_by IS NULL
      AND NEW.erased_by > OLD.idx AND length(NEW.commitment) = 32 THEN
      RETURN NEW;
    END IF;
    -- Retention: all but number and leaf hash goes.
    pruned.idx := OLD.idx;
    pruned.leaf_hash := OLD.leaf_hash;
    pruned.ip_address := NEW.ip_address;
    pruned.erased_by := NEW.erased_by;
    IF NEW IS NOT DISTINCT FROM pruned AND NEW.erased_by > OLD.idx THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE TRIGGER audit_keeps_every_row BEFORE UPDATE OR DELETE ON security_audit_log
  FOR EACH ROW EXECUTE FUNCTION audit_is_append_only();
CREATE TRIGGER audit_is_not_truncated BEFORE TRUNCATE ON security_audit_log
  FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();
