/* faults.h — what goes wrong in a network of whole nodes, by chance, and is mended in time. */
#ifndef SIM_WHOLE_FAULTS_H
#define SIM_WHOLE_FAULTS_H

#include "sim/whole_net.h"

struct faults {
    struct whole_net *net;
    struct chance chance;
    bool is_parted;
    uint64_t heal_ms;
    uint64_t *until_ms; /* a node: when it starts or goes on; 0: it runs */
    unsigned cuts, partitions, crashes, freezes, closes;
};

void faults_init(struct faults *faults, struct whole_net *net, uint64_t seed);
void faults_deinit(struct faults *faults);
/* Something breaks. */
void faults_happen(struct faults *faults);
/* What is due is mended; all of it, when `is_all`. */
void faults_mend(struct faults *faults, bool is_all);

#endif
