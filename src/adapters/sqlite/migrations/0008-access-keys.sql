-- Access keys are credentials whose secret half must be had to verify what it signed, and which bring their reason along.
ALTER TABLE credential ADD COLUMN sealed_key BLOB;
ALTER TABLE credential ADD COLUMN standing_reason TEXT;
