-- Whose parts entries hold is found by their bundles' terms (docs/adr/0010); an index entry a part cost every sealed event
-- more than its row, and no query read it. Owner: domain audit.

DROP INDEX audit_sealed_parts_subject;
