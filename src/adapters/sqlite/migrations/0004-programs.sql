-- Programs: why they may ask, what their tokens are limited to, and whom they are dead with: their owner.
ALTER TABLE principal ADD COLUMN standing_reason TEXT;
ALTER TABLE credential ADD COLUMN scope TEXT;

CREATE INDEX principal_owned ON principal (owner_id) WHERE kind = 'program';
