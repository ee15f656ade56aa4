-- How many text messages an organisation caused on a day (Asia/Shanghai): each costs money, so there is a most of them.
CREATE TABLE text_day (
    tenant UUID NOT NULL REFERENCES tenant (id),
    day    BIGINT NOT NULL,
    sent   BIGINT NOT NULL,
    PRIMARY KEY (tenant, day)
);
