/* mesh_fixture.h — whole nodes in a simulated network (sim/whole_net.h), and clients that remember
 * what they heard. In every text given here a ' stands for a ". */
#ifndef TEST_MESH_FIXTURE_H
#define TEST_MESH_FIXTURE_H

#include "far_end.h"
#include "mesh/mesh_state.h"
#include "sim/whole_net.h"

#define CLIENT_OK(nonce) "{'type':'response','data':{'ok':true},'nonce':" nonce "}"
#define CLIENT_REFUSED(reason, nonce)                                                              \
    "{'type':'response','data':{'ok':false,'reason':'" reason "'},'nonce':" nonce "}"
#define CLIENT_MESSAGE(message, channel, nonce)                                                    \
    "{'type':'message','data':{'message':" message ",'channel':'" channel "'},'nonce':" nonce "}"

/* Its clients' texts are kept. */
struct whole_net *mesh_net_new(void);
void mesh_net_free(struct whole_net *net);
/* A node that all with WHOLE_TOKEN may join; it dials `peer`, which may be NULL. */
struct whole_node *mesh_node(struct whole_net *net, const char *name, const char *peer);
/* `count` nodes in a row, each linked with the next; at most 8: "a", "b" … */
struct whole_net *mesh_row(unsigned count);
/* The link that stands from a node to another, or NULL. */
struct link *mesh_link_of(const struct whole_node *node, const char *peer);

struct whole_client *mesh_client(struct whole_node *node);
/* A client that is subscribed; asserts the ok within two seconds. */
struct whole_client *mesh_member(struct whole_node *node, const char *channel,
                                 const char *password);
/* The next text it heard, or NOTHING_HEARD. Valid until the next call for the client. */
const char *mesh_heard(struct whole_client *client);

#define assert_client_hears(client, text) mesh_assert_hears((client), (text), __FILE__, __LINE__)
#define assert_client_silent(client) assert_client_hears((client), NOTHING_HEARD)
void mesh_assert_hears(struct whole_client *client, const char *text, const char *file, int line);

static inline struct text mesh_text(const char *string)
{
    return text_of(string);
}

#endif
