#include "layout.h"

enum { TOP = 0 };

/* The next name of a path, which begins with a slash, and past it; an empty one where there is none. */
static Span next_name(Span *path) {
  if (path->size == 0 || path->at[0] != '/') return SPAN("");
  const char *start = path->at + 1, *end = path->at + path->size, *at = start;
  while (at < end && *at != '/') at++;
  *path = (Span){at, (size_t)(end - at)};
  return (Span){start, (size_t)(at - start)};
}

/* A new member; NULL where there is no room. */
static LayoutMember *add_member(LayoutObject *object, Span name, int slot) {
  if (object->count == MOST_LAYOUT_MEMBERS) return NULL;
  LayoutMember *member = &object->members[object->count++];
  *member = (LayoutMember){name, slot, NO_OBJECT};
  return member;
}

/* The object of that name inside of another; NO_OBJECT where there can be none. */
static int enter(Layout *layout, int object, Span name) {
  const LayoutMember *found = layout_member(layout, object, name);
  if (found != NULL) return found->object;
  if (layout->object_count == MOST_LAYOUT_OBJECTS) return NO_OBJECT;
  LayoutMember *made = add_member(&layout->objects[object], name, NO_SLOT);
  if (made == NULL) return NO_OBJECT;
  made->object = (int)layout->object_count++;
  return made->object;
}

static bool add_path(Layout *layout, Span path, Slot slot) {
  int object = TOP;
  for (int depth = 1; depth <= MOST_LAYOUT_DEPTH && object != NO_OBJECT; depth++) {
    Span name = next_name(&path);
    if (name.size == 0 || !json_plain(name) || memchr(name.at, '~', name.size) != NULL) return false;
    if (path.size == 0) {
      return layout_member(layout, object, name) == NULL && add_member(&layout->objects[object], name, (int)slot);
    }
    object = enter(layout, object, name);
  }
  return false;
}

/* Whether the claim, whose path was added, is a member of the envelope itself. */
static bool claim_is_at_top(const Layout *layout, Span path) {
  return layout_member(layout, TOP, next_name(&path))->slot == CLAIM;
}

const char *layout_init(Layout *layout, const LayoutSpec *spec) {
  *layout = (Layout){
      .claim = spec->claim,
      .type = spec->type,
      .aggregate = spec->aggregate,
      .base64 = spec->base64,
      .optional_key = spec->optional_key,
      .unit = spec->unit,
      .object_count = 1,
  };
  if (spec->claim.size == 0 || !json_plain(spec->type) || !json_plain(spec->claim)) {
    return "expected a claim and a type in printable ASCII";
  }
  for (int slot = 0; slot < SLOTS; slot++) {
    if (spec->paths[slot].size == 0) continue;
    if (!add_path(layout, spec->paths[slot], (Slot)slot)) return "expected short paths as /member/member, each once";
    layout->present |= 1U << slot;
  }
  const unsigned always = 1U << PAYLOAD | 1U << ARN | 1U << POSITION | 1U << ARRIVED_AT | 1U << CLAIM;
  if ((layout->present & always) != always) return "expected paths of claim, payload, ARN, position and arrival";
  if (!claim_is_at_top(layout, spec->paths[CLAIM])) return "expected a claim at the top";
  layout->required = layout->present & ~(spec->optional_key ? 1U << PARTITION_KEY : 0);
  return NULL;
}
