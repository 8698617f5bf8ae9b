/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rows of places.def as constants: ORL_AT_<group>_<field> is an offset in bytes, ORL_LEN_<group>
 * the size of the structure. For structures that only one release has; those that several releases
 * have stand in wire/layout.h.
 */
#ifndef ORL_WIRE_PLACES_H
#define ORL_WIRE_PLACES_H

#define F(group, field, structure, offset) ORL_AT_##group##_##field = (offset),
#define S(group, structure, bytes)         ORL_LEN_##group = (bytes),
enum {
#include "wire/places.def"
};
#undef F
#undef S

#endif
