metadata description = 'Exports customer segments from Dynamics 365 Customer Insights - Data to Omnisend. Deploy it with deploy.sh.'

@description('Short name that goes into the names of the resources, for example the stage: test, prod.')
@minLength(2)
@maxLength(12)
param name string

@description('Azure region of every resource. It must offer Flex Consumption: az functionapp list-flexconsumption-locations.')
param location string = resourceGroup().location

@description('Tags for every resource.')
param tags object = {}

@description('Where segments are read from: the tables in Dataverse, or the files that Customer Insights exports to Blob Storage.')
@allowed([
  'dataverse'
  'data-out'
])
param source string = 'dataverse'

@description('Address of the Dataverse environment that Customer Insights is installed in, https://ORG.crm.dynamics.com. Empty with data-out.')
param dataverseUrl string

@description('Address of the container with the data-out files. The app needs the role Storage Blob Data Reader on it: give dataOutStorageId. Empty with Dataverse.')
param dataOutUrl string = ''

@description('Folder of the data-out export in that container: CustomerInsights_<instance id>/<export>. Empty with Dataverse.')
param dataOutFolder string = ''

@description('Resource id of the storage account of that container, in this subscription: the app is let read the container. Empty: that role is given by hand.')
param dataOutStorageId string = ''

@description('Address of the Omnisend API.')
param omnisendUrl string = 'https://api.omnisend.com/api'

@description('Omnisend\'s request limit per brand and minute, for requests of every kind.')
@minValue(1)
@maxValue(100000)
param requestsPerMinute int = 400

@description('Omnisend\'s limit per brand and minute for calls that set or take tags; they count in the other limit too.')
@minValue(1)
@maxValue(100000)
param tagsPerMinute int = 60

@description('Share of that limit that is used at most, from 0.01 to 1. A text, as Bicep has no fractions.')
param startRate string = '0.97'

@description('Parts of the segments that are read at the same time per Dataverse environment.')
@minValue(1)
@maxValue(50)
param readConcurrency int = 4

@description('Hosts to which notifications of runs may go, with commas in between. Empty: notifications are off.')
param notifyHosts string = ''

@description('Memory of one instance. With 512 the largest steps have not been tried.')
@allowed([
  512
  2048
  4096
])
param instanceMemoryMB int = 2048

@description('Most instances per function. No limit of the app rests on it: what bounds its work is the number of its messages.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('Redundancy of the storage account.')
@allowed([
  'Standard_LRS'
  'Standard_ZRS'
])
param storageSku string = 'Standard_LRS'

@description('Resource id of a key vault to use. Empty: one is made. It must use Azure RBAC for its data.')
param existingVaultId string = ''

@description('True where a vault of an earlier deployment to this group was deleted and is still kept: it is brought back.')
param recoverVault bool = false

@description('Object id of a person or group who may write API keys into the vault. Empty: nobody is given that right here.')
param keyWriterObjectId string = ''

@description('What that object id is.')
@allowed([
  'User'
  'Group'
  'ServicePrincipal'
])
param keyWriterType string = 'User'

@description('Resource id of a Log Analytics workspace to use. Empty: one is made.')
param existingWorkspaceId string = ''

@description('Days that logs are kept in a workspace made here.')
@minValue(30)
@maxValue(730)
param logRetentionDays int = 30

@description('Client id of the Entra app registration with the app roles; deploy.sh makes it. Empty: whoever has a function key may do everything.')
param authClientId string = ''

@description('True: storage, vault and app answer to private endpoints alone. Publish and call the app from within the network then.')
param closedNetwork bool = false

@description('Address space of the network that is made where it is closed; at least a /24.')
param networkAddressPrefix string = '10.90.0.0/24'

@description('Resource id of a NAT gateway for the app\'s way out of a closed network, to Dataverse and Omnisend. Empty: none.')
param natGatewayId string = ''

@description('Addresses that alerts are mailed to.')
param alertEmails string[] = []

@description('Alert when no run has succeeded for so many hours; 0 for no such alert.')
@minValue(0)
@maxValue(48)
param maxHoursWithoutSuccess int = 26

var suffix = uniqueString(resourceGroup().id, name)
var storageName = 'stg${suffix}'
var vaultId = empty(existingVaultId) ? resourceId('Microsoft.KeyVault/vaults', 'kv-${suffix}') : existingVaultId
var vaultName = last(split(vaultId, '/'))
// Without an account it names one that exists, as the scope of a module is looked at even where the module is left out.
var dataOutScopeId = empty(dataOutStorageId)
  ? resourceId('Microsoft.Storage/storageAccounts', storageName)
  : dataOutStorageId
var functionAppName = 'func-${name}-${suffix}'
var networkName = 'vnet-${name}-${suffix}'

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'id-${name}-${suffix}'
  location: location
  tags: tags
}

module storage 'modules/storage.bicep' = {
  name: 'storage'
  params: {
    name: storageName
    location: location
    tags: tags
    sku: storageSku
    principalId: identity.properties.principalId
    closedNetwork: closedNetwork
  }
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  params: {
    name: name
    suffix: suffix
    location: location
    tags: tags
    existingWorkspaceId: existingWorkspaceId
    logRetentionDays: logRetentionDays
    principalId: identity.properties.principalId
  }
}

module vault 'modules/vault.bicep' = if (empty(existingVaultId)) {
  name: 'vault'
  params: {
    name: vaultName
    location: location
    tags: tags
    recover: recoverVault
    workspaceId: monitoring.outputs.workspaceId
    closedNetwork: closedNetwork
  }
}

module vaultAccess 'modules/vault-access.bicep' = {
  name: 'vault-access-${suffix}'
  scope: resourceGroup(split(vaultId, '/')[2], split(vaultId, '/')[4])
  params: {
    vaultName: vaultName
    principalId: identity.properties.principalId
    keyWriterObjectId: keyWriterObjectId
    keyWriterType: keyWriterType
  }
  dependsOn: [
    vault
  ]
}

module dataOutAccess 'modules/data-out-access.bicep' = if (!empty(dataOutStorageId)) {
  name: 'data-out-access-${suffix}'
  scope: resourceGroup(split(dataOutScopeId, '/')[2], split(dataOutScopeId, '/')[4])
  params: {
    accountName: last(split(dataOutScopeId, '/'))
    containerName: last(split(dataOutUrl, '/'))
    principalId: identity.properties.principalId
  }
}

module network 'modules/network.bicep' = if (closedNetwork) {
  name: 'network'
  params: {
    name: networkName
    location: location
    tags: tags
    addressPrefix: networkAddressPrefix
    natGatewayId: natGatewayId
  }
}

var storageEndpoints = [
  for service in ['blob', 'queue', 'table']: {
    name: service
    target: resourceId('Microsoft.Storage/storageAccounts', storageName)
    zone: 'privatelink.${service}.${environment().suffixes.storage}'
  }
]
var vaultEndpoint = {
  name: 'vault'
  target: vaultId
  zone: 'privatelink.vaultcore.azure.net'
}

@batchSize(1)
module endpoints 'modules/private-endpoint.bicep' = [
  for endpoint in concat(storageEndpoints, [vaultEndpoint]): if (closedNetwork) {
    name: 'endpoint-${endpoint.name}'
    params: {
      name: 'pep-${endpoint.name}-${suffix}'
      location: location
      tags: tags
      networkName: networkName
      targetId: endpoint.target
      service: endpoint.name
      zoneName: endpoint.zone
    }
    dependsOn: [
      network
      storage
      vault
    ]
  }
]

module functionApp 'modules/function-app.bicep' = {
  name: 'function-app'
  params: {
    name: functionAppName
    location: location
    tags: tags
    identityName: identity.name
    storageName: storageName
    packageContainer: storage.outputs.packageContainer
    insightsName: monitoring.outputs.insightsName
    vaultName: vaultName
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    dataverseUrl: dataverseUrl
    source: source
    dataOutUrl: dataOutUrl
    dataOutFolder: dataOutFolder
    omnisendUrl: omnisendUrl
    requestsPerMinute: requestsPerMinute
    tagsPerMinute: tagsPerMinute
    startRate: startRate
    readConcurrency: readConcurrency
    notifyHosts: notifyHosts
    authClientId: authClientId
    closedNetwork: closedNetwork
    networkName: networkName
  }
  // The app reads its package and its settings at once, so its rights and its ways must be there before.
  dependsOn: [
    vaultAccess
    dataOutAccess
    endpoints
  ]
}

module functionAppEndpoint 'modules/private-endpoint.bicep' = if (closedNetwork) {
  name: 'endpoint-sites'
  params: {
    name: 'pep-sites-${suffix}'
    location: location
    tags: tags
    networkName: networkName
    targetId: resourceId('Microsoft.Web/sites', functionAppName)
    service: 'sites'
    zoneName: 'privatelink.azurewebsites.net'
  }
  dependsOn: [
    network
    functionApp
  ]
}

module alerts 'modules/alerts.bicep' = {
  name: 'alerts'
  params: {
    name: name
    location: location
    tags: tags
    insightsName: monitoring.outputs.insightsName
    emails: alertEmails
    maxHoursWithoutSuccess: maxHoursWithoutSuccess
  }
}

module workbook 'modules/workbook.bicep' = {
  name: 'workbook'
  params: {
    displayName: 'Omnisend export (${name})'
    location: location
    tags: tags
    insightsName: monitoring.outputs.insightsName
    requestsPerMinute: requestsPerMinute
  }
}

@description('Name of the function app.')
output functionAppName string = functionAppName

@description('Host name of the app\'s HTTP API.')
output hostName string = functionApp.outputs.hostName

@description('Name of the vault that holds the API keys.')
output vaultName string = vaultName

@description('Name of the app\'s identity.')
output identityName string = identity.name

@description('Client id of the app\'s identity: the application user in Dataverse is made for it.')
output identityClientId string = identity.properties.clientId

@description('Client id of the app registration that calls need a token of. Empty: function keys.')
output authClientId string = authClientId
