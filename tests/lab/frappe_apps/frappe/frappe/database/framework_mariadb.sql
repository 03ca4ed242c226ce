-- The tables that exist before the first app is installed: the rest comes from the doctypes.
-- tabUser is not among them: a site whose creation stopped here answers that Guest is disabled, or fails.

CREATE TABLE `tabDocType` (
  `name` varchar(140) NOT NULL PRIMARY KEY,
  `creation` datetime(6) NULL, `modified` datetime(6) NULL, `modified_by` varchar(140) NULL, `owner` varchar(140) NULL,
  `docstatus` int(1) NOT NULL DEFAULT 0, `idx` int(8) NOT NULL DEFAULT 0,
  `module` varchar(140) NULL, `app` varchar(140) NULL, `issingle` int(1) NOT NULL DEFAULT 0,
  `istable` int(1) NOT NULL DEFAULT 0, `autoname` varchar(140) NULL, `controller` varchar(255) NULL
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

CREATE TABLE `tabDocField` (
  `name` varchar(140) NOT NULL PRIMARY KEY,
  `parent` varchar(140) NULL, `idx` int(8) NOT NULL DEFAULT 0,
  `fieldname` varchar(140) NULL, `label` varchar(255) NULL, `fieldtype` varchar(140) NULL, `options` text NULL,
  `reqd` int(1) NOT NULL DEFAULT 0, `unique` int(1) NOT NULL DEFAULT 0, `default` text NULL,
  KEY `parent` (`parent`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

CREATE TABLE `tabDocPerm` (
  `name` varchar(140) NOT NULL PRIMARY KEY,
  `parent` varchar(140) NULL, `idx` int(8) NOT NULL DEFAULT 0, `role` varchar(140) NULL,
  `read` int(1) NOT NULL DEFAULT 0, `write` int(1) NOT NULL DEFAULT 0,
  `create` int(1) NOT NULL DEFAULT 0, `delete` int(1) NOT NULL DEFAULT 0,
  KEY `parent` (`parent`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

CREATE TABLE `tabSingles` (
  `doctype` varchar(255) NULL, `field` varchar(255) NULL, `value` longtext NULL,
  KEY `singles_doctype_field_index` (`doctype`, `field`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

CREATE TABLE `tabSessions` (
  `user` varchar(255) NULL, `sid` varchar(255) NULL, `sessiondata` longtext NULL, `ipaddress` varchar(16) NULL,
  `lastupdate` datetime(6) NULL, `status` varchar(20) NULL,
  KEY `sid` (`sid`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

CREATE TABLE `tabDefaultValue` (
  `name` varchar(255) NOT NULL PRIMARY KEY,
  `creation` datetime(6) NULL, `modified` datetime(6) NULL, `modified_by` varchar(255) NULL, `owner` varchar(255) NULL,
  `docstatus` int(1) NOT NULL DEFAULT 0, `idx` int(8) NOT NULL DEFAULT 0,
  `parent` varchar(255) NULL, `parentfield` varchar(255) NULL, `parenttype` varchar(255) NULL,
  `defvalue` text NULL, `defkey` varchar(255) NULL,
  KEY `defaultvalue_parent_defkey_index` (`parent`, `defkey`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

CREATE TABLE `__Auth` (
  `doctype` varchar(140) NOT NULL, `name` varchar(255) NOT NULL, `fieldname` varchar(140) NOT NULL,
  `password` text NOT NULL, `encrypted` int(1) NOT NULL DEFAULT 0,
  PRIMARY KEY (`doctype`, `name`, `fieldname`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
